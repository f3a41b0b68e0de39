"""A multipart form read as it arrives: small fields are values, the one file goes where it is told to, piece by piece.

Nothing is spooled. A client that stops sending is given up on; what it has sent is dropped by whoever has the file.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from schemas.errors import BadInput
from streams.gateway.problems import Refused

IDLE_SECONDS: Final = 60.0
LONGEST_FIELD: Final = 16 << 10
MOST_FIELDS: Final = 64
HELP: Final = "send multipart/form-data with a field 'file'"


class Taker(Protocol):
    """Takes the file."""

    async def write(self, data: bytes) -> None: ...


Open = Callable[[dict[str, list[str]], str], Awaitable[Taker]]
"""``(fields before the file, its name as told) -> who takes it``."""


@dataclass
class Form:
    """What was told. ``taker``: who has the file."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    taker: Taker | None = None

    def last(self, name: str) -> str | None:
        """The last value of a field; None where it is not told or empty."""
        told = self.fields.get(name)
        return told[-1].strip() or None if told else None


async def read(request: Request, form: Form, opened: Open) -> None:
    """Fill ``form`` to the end of the request. Raises BadInput, Refused(408) and ClientDisconnect."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise BadInput("invalid_request", "the body is no multipart/form-data", HELP)
    steps = _Steps()
    try:
        parser = MultipartParser(options[b"boundary"], steps.callbacks)  # type: ignore[arg-type]
        async for chunk in arriving(request):
            parser.write(chunk)
            await _take(steps, form, opened)
        parser.finalize()
    except FormParserError:
        raise BadInput("invalid_request", "the form can't be read", HELP) from None
    if not steps.ended:
        raise BadInput("invalid_request", "the form has no end", "send all of it")
    if form.taker is None:
        raise BadInput("invalid_request", "there is no file", HELP)


async def arriving(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Refused(408) when nothing comes for a while, and ClientDisconnect."""
    chunks = request.stream()
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise Refused(
                408, "timeout", f"nothing came for {IDLE_SECONDS:.0f} s", "send faster, or by /v1/uploads",
                headers={"Connection": "close"},
            ) from None  # fmt: skip
        if chunk is None:
            return
        if chunk:
            yield chunk


@dataclass
class _Part:
    """The part of the form that is being read."""

    name: str
    taker: Taker | None = None
    value: bytearray = field(default_factory=bytearray)


@dataclass
class _Steps:
    """What the parser found in one chunk, in order; it calls back, and must not wait."""

    found: list[tuple[str, Any]] = field(default_factory=list)
    ended: bool = False
    part: _Part = field(default_factory=lambda: _Part(""))
    _name: bytes = b""
    _value: bytes = b""
    _headers: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def callbacks(self) -> dict[str, Callable[..., None]]:
        return {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._field,
            "on_header_value": self._said,
            "on_header_end": self._header,
            "on_headers_finished": lambda: self.found.append(("part", dict(self._headers))),
            "on_part_data": lambda data, start, end: self.found.append(("data", data[start:end])),
            "on_part_end": lambda: self.found.append(("over", None)),
            "on_end": self._end,
        }

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _said(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _end(self) -> None:
        self.ended = True


async def _take(steps: _Steps, form: Form, opened: Open) -> None:
    found, steps.found = steps.found, []
    for what, told in found:
        if what == "part":
            steps.part = await _begin(told, form, opened)
            continue
        part = steps.part
        if what == "data" and part.taker is not None:
            await part.taker.write(told)
        elif what == "data":
            part.value += told
            if len(part.value) > LONGEST_FIELD:
                raise BadInput("invalid_request", f"the field {part.name[:40]!r} is too long")
        elif part.taker is None:
            form.fields.setdefault(part.name, []).append(part.value.decode("utf-8", "replace"))


async def _begin(headers: dict[bytes, bytes], form: Form, opened: Open) -> _Part:
    _, options = parse_options_header(headers.get(b"content-disposition", b""))
    name = options.get(b"name", b"").decode("utf-8", "replace")
    if b"filename" not in options and name != "file":
        if sum(map(len, form.fields.values())) >= MOST_FIELDS:
            raise BadInput("invalid_request", f"more than {MOST_FIELDS} fields")
        return _Part(name)
    if name != "file" or form.taker is not None:
        raise BadInput("invalid_request", "one file is taken, in the field 'file'", HELP)
    form.taker = await opened(form.fields, options.get(b"filename", b"").decode("utf-8", "replace"))
    return _Part(name, form.taker)


__all__ = ["ClientDisconnect", "Form", "Taker", "arriving", "read"]
