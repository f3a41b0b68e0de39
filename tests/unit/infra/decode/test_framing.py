"""Lengths and headers from the child are checked before they are believed."""

import pytest

from infra.decode import framing


def test_a_message_comes_back() -> None:
    data = framing.pack({"kind": "pcm"}, b"abcd")
    assert framing.lengths(data[:8]) == (len(data) - 8 - 4, 4)
    assert framing.header_of(data[8:-4]) == {"kind": "pcm"}


@pytest.mark.parametrize("header, payload", [(1 << 30, 0), (10, 1 << 30), (0, 0), (10, 3)])
def test_absurd_lengths_are_refused(header: int, payload: int) -> None:
    with pytest.raises(framing.Malformed):
        framing.lengths(framing.HEAD.pack(header, payload))


@pytest.mark.parametrize("text", [b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"kind": 3}'])
def test_other_headers_are_refused(text: bytes) -> None:
    with pytest.raises(framing.Malformed):
        framing.header_of(text)


@pytest.mark.parametrize("offset, length", [(100, 1), (0, 0), (0, framing.MAX_READ + 1)])
def test_reads_outside_the_source_are_refused(offset: int, length: int) -> None:
    with pytest.raises(framing.Malformed):
        framing.read_request(framing.READ.pack(offset, length), size=100)


def test_reads_are_cut_at_the_end() -> None:
    assert framing.read_request(framing.READ.pack(90, 50), size=100) == (90, 10)
