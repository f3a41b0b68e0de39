"""Ids of spans: random, but for the trace of a job, which follows from the job."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

_trace: ContextVar[int] = ContextVar("trace", default=0)


class JobIds(RandomIdGenerator):
    """A trace begun inside ``of`` gets the id that was asked for."""

    def generate_trace_id(self) -> int:
        """See above."""
        return _trace.get() or super().generate_trace_id()


@contextmanager
def of(trace: int) -> Iterator[None]:
    """Traces that begin in here have this id."""
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)
