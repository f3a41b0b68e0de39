"""A form as it arrives, cut wherever the network likes; bytes into pieces."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.requests import Request

from infra.pieces import PIECE
from schemas.errors import BadInput
from streams.gateway import forms
from streams.gateway.filling import Filling
from tests.unit.streams.gateway.kit import MemoryPieces

BODY = (
    b'--b\r\nContent-Disposition: form-data; name="targets"\r\n\r\nfr,es\r\n'
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a \xc3\xa9.mp4"\r\nContent-Type: video/mp4\r\n\r\n'
    b"\r\n--bytes\r\n--b that look like an end\r\n"
    b'\r\n--b\r\nContent-Disposition: form-data; name="profile"\r\n\r\nx\r\n--b--\r\n'
)
KIND = "multipart/form-data; boundary=b"
FILE = b"\r\n--bytes\r\n--b that look like an end\r\n"


def request(chunks: list[bytes], kind: str = KIND) -> Request:
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}, receive)


class Sink:
    """Takes a file."""

    def __init__(self) -> None:
        self.data, self.before, self.name = b"", dict[str, list[str]](), ""

    async def write(self, data: bytes) -> None:
        self.data += data


def told(chunks: list[bytes], kind: str = KIND) -> tuple[forms.Form, Sink]:
    form, sink = forms.Form(), Sink()

    async def opened(fields: dict[str, list[str]], name: str) -> Sink:
        sink.before, sink.name = dict(fields), name
        return sink

    asyncio.run(forms.read(request(chunks, kind), form, opened))
    return form, sink


def without_bait() -> bytes:
    return BODY.replace(b"\r\n--b that", b"\r\n--c that")


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000])
def test_a_form_is_the_same_however_it_is_cut(step: int) -> None:
    body = without_bait()
    form, sink = told([body[at : at + step] for at in range(0, len(body), step)])
    assert sink.before == {"targets": ["fr,es"]}
    assert sink.name == "a é.mp4"
    assert sink.data == FILE.replace(b"--b that", b"--c that")
    assert form.fields == {"targets": ["fr,es"], "profile": ["x"]}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", KIND),
        (b"nonsense", KIND),
        (without_bait()[:-20], KIND),
        (b'--b\r\nContent-Disposition: form-data; name="targets"\r\n\r\nfr\r\n--b--\r\n', KIND),
        (without_bait(), "multipart/form-data"),
        (without_bait(), "application/json"),
        (b'--b\r\nContent-Disposition: form-data; name="t"\r\n\r\n' + b"x" * 20_000 + b"\r\n--b--\r\n", KIND),
        (b'--b\r\nContent-Disposition: form-data; name="o"; filename="x"\r\n\r\nx\r\n--b--\r\n', KIND),
    ],
)  # fmt: skip
def test_what_is_no_whole_form_with_a_file_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(BadInput) as refused:
        told([body], kind)
    assert refused.value.code == "invalid_request"


def filled(pieces: MemoryPieces, data: list[bytes], most: int = 1 << 40) -> Filling:
    async def fill() -> Filling:
        filling = Filling(pieces, "key", most, announced=sum(map(len, data)))
        for each in data:
            await filling.write(each)
        await filling.end()
        return filling

    return asyncio.run(fill())


@pytest.mark.parametrize("size", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])
def test_all_bytes_arrive_in_order_with_their_hash(size: int) -> None:
    import hashlib

    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    pieces = MemoryPieces()
    filling = filled(pieces, [data[at : at + 65_536] for at in range(0, size, 65_536)])
    assert pieces.whole_ones["key"] == data
    assert filling.sha256 == hashlib.sha256(data).hexdigest()
    assert pieces.open == {}


def test_too_much_is_refused_when_it_becomes_so_and_leaves_nothing() -> None:
    pieces = MemoryPieces()

    async def fill() -> None:
        filling = Filling(pieces, "key", most=2 * PIECE)
        with pytest.raises(BadInput) as refused:
            for _ in range(5):
                await filling.write(bytes(PIECE))
        assert refused.value.code == "too_large"
        await filling.drop()

    asyncio.run(fill())
    assert pieces.open == {}
    assert pieces.whole_ones == {}


def test_an_empty_file_is_no_upload() -> None:
    with pytest.raises(BadInput):
        filled(MemoryPieces(), [])


def test_chunks_that_are_nothing_are_nothing() -> None:
    async def all_of() -> list[bytes]:
        return [chunk async for chunk in _arriving([b"", b"a", b"", b"b"])]

    assert asyncio.run(all_of()) == [b"a", b"b"]


def _arriving(chunks: list[bytes]) -> AsyncIterator[bytes]:
    return forms.arriving(request(chunks))
