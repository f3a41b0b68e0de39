"""One upload decoded: messages of a child become MediaInfo, parts and DecodeEnd, or a typed error.

Laws: what a child says is checked like any stranger's words; the child is gone when the iterator is.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from infra.decode import framing
from infra.decode.serve import Child
from infra.decode.timeline import RATE
from infra.decode.window import Readable
from schemas.errors import BadInput, Broken, Cancelled, ChalkstreamError, Unavailable
from schemas.media import DecodeEnd, DecodeLimits, DecodeRequest, MediaInfo
from schemas.transcript import Lost

BYTES = 2
TICK_S = 0.25
SOURCE_PATIENCE = 4.0
"""A single read of the source may take so many times ``stall_seconds``: stores time out and retry by themselves."""
REMEDIES = {
    "unsupported_format": "upload a video or audio file (mp4, mkv, webm, mov, mp3, wav, ...)",
    "no_audio_stream": "upload a file with sound",
    "truncated": "upload the whole file again",
    "encrypted": "upload a copy without encryption",
    "too_long": "split the recording",
}


def run(
    source: Readable, request: DecodeRequest, cancelled: Callable[[], bool]
) -> Iterator[MediaInfo | bytes | DecodeEnd]:
    """See ``infra.decode.decode``."""
    limits = request.limits
    if source.size > limits.max_bytes:
        raise BadInput("too_large", f"the file has {source.size / (1 << 30):.1f} GiB", "split the recording")
    if not source.size:
        raise BadInput("unsupported_format", "the file is empty", REMEDIES["unsupported_format"])
    child = Child(source, _job(source.size, request))
    try:
        yield from _parts(_messages(child, limits, cancelled), request)
    finally:
        child.close()


def _job(size: int, request: DecodeRequest) -> dict[str, Any]:
    limits = request.limits
    seconds = min(limits.max_seconds, size / 500)
    return {
        "size": size, "track": request.track, "language": request.language, "max_seconds": limits.max_seconds,
        "memory_bytes": limits.memory_bytes, "cpu_seconds": int(60 + size / 5e6 + seconds / 10),
    }  # fmt: skip


def _parts(
    messages: Iterator[tuple[dict[str, Any], bytes]], request: DecodeRequest
) -> Iterator[MediaInfo | bytes | DecodeEnd]:
    step, held, total = request.part_samples * BYTES, bytearray(), 0
    for header, payload in messages:
        if header["kind"] == "info":
            yield _info(header)
        elif header["kind"] == "pcm":
            held += payload
            total += len(payload) // BYTES
            if total > request.limits.max_seconds * RATE + RATE:
                raise BadInput("too_long", "the audio is longer than allowed", REMEDIES["too_long"])
            while len(held) >= step:
                yield bytes(held[:step])
                del held[:step]
        else:
            if held:
                yield bytes(held)
            yield _end(header, total)


def _info(header: dict[str, Any]) -> MediaInfo:
    tracks = [track | {"language": track["language"] or None} for track in header["tracks"]]
    return MediaInfo.model_validate(header | {"tracks": tracks})


def _end(header: dict[str, Any], total: int) -> DecodeEnd:
    lost = tuple(Lost(start=start, end=end, reason=reason) for start, end, reason in header["lost"])
    return DecodeEnd(samples=total, lost=lost, warnings=tuple(header["warnings"]))


def _messages(
    child: Child, limits: DecodeLimits, cancelled: Callable[[], bool]
) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Header and payload of each message up to the end; raises what the child's end means."""
    take = _Pipe(child, limits.stall_seconds, cancelled).exactly
    try:
        while head := take(framing.HEAD.size):
            count, extra = framing.lengths(head)
            header, payload = framing.header_of(take(count)), take(extra) if extra else b""
            if header["kind"] == "error":
                raise _refusal(header, limits)
            yield header, payload
            if header["kind"] == "end":
                return
    except (framing.Malformed, ValidationError, KeyError, TypeError, ValueError) as error:
        raise Broken("crashed", f"the decoder does not keep its protocol ({error})") from error
    raise _death(child)


def _refusal(header: dict[str, Any], limits: DecodeLimits) -> ChalkstreamError:
    code, message = header.get("code"), str(header.get("message"))[:500]
    if code == "memory":
        return Broken("crashed", f"decoding needs more than {limits.memory_bytes >> 20} MiB of memory")
    if code in REMEDIES:
        return BadInput(code, message, REMEDIES[code])
    return Broken("internal", f"the decoder failed: {message}")


def _death(child: Child) -> ChalkstreamError:
    status = child.wait()
    if isinstance(child.failure, ChalkstreamError):
        return child.failure
    if isinstance(child.failure, OSError):
        return Unavailable(f"the media can't be read: {child.failure.strerror}")
    if status == -signal.SIGXCPU:
        return Broken("timeout", "decoding took more processor time than a file of this size may")
    name = signal.Signals(-status).name if status < 0 else f"status {status}"
    return Broken("crashed", f"the decoder ended with {name}" + (f": {child.failure}" if child.failure else ""))


class _Pipe:
    """Reads the child's messages; watches the clock and the wish to stop while it waits."""

    def __init__(self, child: Child, stall: float, cancelled: Callable[[], bool]) -> None:
        self._child, self._stall, self._cancelled = child, stall, cancelled

    def exactly(self, count: int) -> bytes:
        """So many bytes, or none at the end. Raises Cancelled, Broken("timeout") and Unavailable."""
        data, since = bytearray(), time.monotonic()
        while len(data) < count:
            if not select.select([self._child.messages], [], [], TICK_S)[0]:
                self._look(since)
                continue
            more = os.read(self._child.messages, count - len(data))
            if not more:
                return b""
            data += more
            since = time.monotonic()
        return bytes(data)

    def _look(self, since: float) -> None:
        if self._cancelled():
            raise Cancelled
        now, reading = time.monotonic(), self._child.reading_since
        if reading is not None:
            if now - reading > SOURCE_PATIENCE * self._stall:
                raise Unavailable("the media's source doesn't answer", code="timeout")
        elif now - max(since, self._child.served_at) > self._stall:
            raise Broken("timeout", f"the decoder made no progress for {self._stall:.0f} s")


def report() -> dict[str, str]:
    """What a child could put in force here."""

    class Nothing:
        size = 0

        def read(self, offset: int, length: int) -> bytes:
            return b""

    limits = DecodeLimits()
    job = {"size": -1, "memory_bytes": limits.memory_bytes, "cpu_seconds": 60}
    child = Child(Nothing(), job)
    try:
        for header, _ in _messages(child, limits, lambda: False):
            return {str(name): str(state) for name, state in header["done"].items()}
    finally:
        child.close()
    return {}
