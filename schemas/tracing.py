"""Trace context as it travels with a fact: W3C ``traceparent``, and how the work behind the fact went.

The trace of a job is the uploader's, or follows from the job's id: whoever handles the job, in whichever run and
after however many deaths, means the same trace. A context that was only derived names no span that anybody made.
"""

import hashlib
import re
import uuid
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from schemas.ids import derive

TRACEPARENT: Final = "traceparent"
WORK: Final = "chalkstream-work"
"""Header of an output: ``stage``, seconds its input ``waited`` and was ``worked`` on so far, in which ``attempt``."""
_SHAPE: Final = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_WORK: Final = re.compile(
    r"([a-z_]{1,64});waited=(\d{1,12}\.\d{3});worked=(\d{1,12}\.\d{3});attempt=(\d{1,9});of=(\w{1,16})"
)


class Received(NamedTuple):
    """Where a fact was found; ``said`` in seconds since 1970. ``system`` by OpenTelemetry's messaging conventions."""

    topic: str
    partition: int
    offset: int
    said: float
    traceparent: str | None = None
    system: str = "kafka"


class Pace(NamedTuple):
    """How the work behind one fact went; ``of`` tells the inputs of a stage apart."""

    stage: str
    waited: float
    worked: float
    attempt: int
    of: str

    def text(self) -> str:
        """As a header."""
        return f"{self.stage};waited={self.waited:.3f};worked={self.worked:.3f};attempt={self.attempt};of={self.of}"


def pace(text: str | None) -> Pace | None:
    """What such a header says."""
    found = _WORK.fullmatch(text or "")
    return Pace(found[1], float(found[2]), float(found[3]), int(found[4]), found[5]) if found else None


def valid(text: str | None) -> str | None:
    """A traceparent that can be used, else None."""
    return text if text and _SHAPE.fullmatch(text) else None


def carried(headers: Iterable[tuple[str, Any]]) -> str | None:
    """The context that a record brings."""
    for name, value in headers:
        if name == TRACEPARENT and isinstance(value, bytes):
            return valid(value.decode("ascii", errors="replace"))
    return None


def root(job: str, told: str | None = None) -> str:
    """Where the trace of a job begins: what the uploader ``told``, else derived."""
    trace = hashlib.blake2b(job.encode(errors="replace"), digest_size=16, person=b"chalkstream").hexdigest()
    return valid(told) or f"00-{trace}-{first_span(trace)}-01"


def derived(traceparent: str) -> bool:
    """Whether its span is nobody's: what follows from it is the first of its trace."""
    return traceparent.split("-")[2] == first_span(trace_id(traceparent))


def first_span(trace: str) -> str:
    """A span id that nobody's span has, for a trace that has none yet."""
    return hashlib.blake2b(trace.encode(), digest_size=8, person=b"chalkstream").hexdigest()


def name(job: str, tenant: str) -> str:
    """A job's id; what others call a request is their own text, and told by its derived id."""
    try:
        return str(uuid.UUID(job))
    except ValueError:
        return derive("request", tenant, job)


def trace_id(traceparent: str | None) -> str:
    """32 hexadecimal digits, or nothing."""
    return traceparent.split("-")[1] if traceparent else ""
