"""Dead letters: what was given up on, as it was, with what is needed to find out why and to send it again."""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas import tracing
from schemas.errors import ErrorInfo
from schemas.tracing import Received


@dataclass(frozen=True)
class Origin:
    """Where a record stood. ``timestamp`` in ms since 1970."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def received(self) -> Received:
        """The same, for tracing."""
        context = tracing.carried(self.headers)
        return Received(self.topic, self.partition, self.offset, self.timestamp / 1000, context)


def letter_headers(
    origin: Origin, *, stage: str, attempt: int, error: ErrorInfo, trace_id: str = ""
) -> list[tuple[str, bytes]]:
    """The original headers, then where it came from and why it is here (CONTRACT §3); the error text in one line."""
    said: Mapping[str, object] = {
        "x-original-topic": origin.topic,
        "x-original-partition": origin.partition,
        "x-original-offset": origin.offset,
        "x-original-timestamp": origin.timestamp,
        "x-stage": stage,
        "x-attempt": attempt,
        "x-error-code": error.code,
        "x-error-message": " ".join(error.message.split())[:500],
        "x-trace-id": trace_id or tracing.trace_id(origin.received.traceparent),
    }
    kept = [(name, value) for name, value in origin.headers if name not in said and value is not None]
    return kept + [(name, str(value).encode()) for name, value in said.items()]
