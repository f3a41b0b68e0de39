"""The parent's ear: a child's messages one by one, and what its silence, its complaints and its death mean.

Laws: what a child says is checked like any stranger's words; time counts against the child only while it waits
neither for its source nor for us.
"""

import os
import select
import signal
import time
from collections.abc import Callable
from typing import Any

from infra.decode import framing
from infra.decode.serve import Child
from schemas.errors import BadInput, BadInputCode, Broken, Cancelled, ChalkstreamError, Unavailable
from schemas.media import DecodeLimits

TICK_S = 0.25
SOURCE_PATIENCE = 4.0
"""A single read of the source may take so many times ``stall_seconds``: stores time out and retry by themselves."""
REMEDIES: dict[BadInputCode, str] = {
    "unsupported_format": "upload a video or audio file (mp4, mkv, webm, mov, mp3, wav, ...)",
    "no_audio_stream": "upload a file with sound",
    "truncated": "upload the whole file again",
    "encrypted": "upload a copy without encryption",
    "too_long": "split the recording",
    "too_large": "split the recording",
}


def refuse(code: BadInputCode, message: str) -> BadInput:
    """The error with what to do about it."""
    return BadInput(code, message, REMEDIES[code])


class Messages:
    """Reads a child's messages; watches the clock and the wish to stop while it waits."""

    def __init__(self, child: Child, limits: DecodeLimits, cancelled: Callable[[], bool]) -> None:
        self._child, self._limits, self._cancelled = child, limits, cancelled

    def take(self, *kinds: str) -> tuple[dict[str, Any], bytes]:
        """The next message, of one of these kinds. Raises what an error message or the child's end means."""
        if self._cancelled():
            raise Cancelled
        try:
            count, extra = framing.lengths(self._exactly(framing.HEAD.size))
            header = framing.header_of(self._exactly(count))
            payload = self._exactly(extra)
        except framing.Malformed as error:
            raise Broken("crashed", f"the decoder does not keep its protocol ({error})") from error
        if header["kind"] == "error":
            raise self._complaint(header)
        if header["kind"] not in kinds:
            raise Broken("crashed", "the decoder does not keep its protocol (a message out of turn)")
        return header, payload

    def _exactly(self, count: int) -> bytes:
        data, since = bytearray(), time.monotonic()
        while len(data) < count:
            if not select.select([self._child.messages], [], [], TICK_S)[0]:
                self._look(since)
                continue
            more = os.read(self._child.messages, count - len(data))
            if not more:
                raise self._death()
            data += more
            since = time.monotonic()
        return bytes(data)

    def _look(self, since: float) -> None:
        if self._cancelled():
            raise Cancelled
        now, reading, stall = time.monotonic(), self._child.reading_since, self._limits.stall_seconds
        if reading is not None:
            if now - reading > SOURCE_PATIENCE * stall:
                raise Unavailable("the media's source doesn't answer", code="timeout")
        elif now - max(since, self._child.served_at) > stall:
            raise Broken("timeout", f"the decoder made no progress for {stall:.0f} s")

    def _complaint(self, header: dict[str, Any]) -> ChalkstreamError:
        code, message = header.get("code"), str(header.get("message"))[:500]
        if code == "memory":
            return Broken("crashed", f"decoding needs more than {self._limits.memory_bytes >> 20} MiB of memory")
        known: list[BadInputCode] = [each for each in REMEDIES if each == code]
        return refuse(known[0], message) if known else Broken("internal", f"the decoder failed: {message}")

    def _death(self) -> ChalkstreamError:
        status, failure = self._child.wait(), self._child.failure
        if isinstance(failure, ChalkstreamError):
            return failure
        if isinstance(failure, OSError):
            return Unavailable(f"the media can't be read: {failure.strerror}")
        if status == -signal.SIGXCPU:
            return Broken("timeout", "decoding took more processor time than a file of this size may")
        end = signal.Signals(-status).name if status < 0 else f"status {status}"
        return Broken("crashed", f"the decoder ended with {end}" + (f" ({failure})" if failure else ""))
