"""From a record to a fact, whatever stands in the record: nothing that can be written to a topic ends the loop."""

from dataclasses import dataclass
from typing import Any, Final

from schemas import envelope
from schemas.errors import BadInput
from schemas.events import Event
from streams.deadletters import Origin
from streams.graph import topics


@dataclass(frozen=True)
class NoRecord:
    """Stands for a record that the client itself can't read; it has nothing that could be understood.

    It is no tombstone, though it looks like one: what it said is lost here and has to be told of.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[()] = ()


WITHHELD: Final = BadInput(
    "invalid_request", "the Kafka client can't read this record: a header's name is no text, or its bytes are damaged",
    "read it with another client (kcat -o OFFSET -c 1), mend it, and send it again",
)  # fmt: skip


def read(record: Any) -> tuple[Origin, Event | BadInput | None]:
    """Where the record stood, and the fact in it; as ``event_of``, and ``WITHHELD`` for one that can't be had."""
    origin = origin_of(record)
    return origin, WITHHELD if isinstance(record, NoRecord) else event_of(origin)


def origin_of(record: Any) -> Origin:
    """Where the record stood, and all of it. Null headers are left out: a dead letter could not carry them."""
    headers = tuple((name, value) for name, value in record.headers or () if value is not None)
    return Origin(
        record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, headers
    )  # fmt: skip


def event_of(origin: Origin) -> Event | BadInput | None:
    """The fact; None for a tombstone; BadInput for what can't be understood (nesting without end, numbers without
    end and letters that are none raise more than ValueError in parsers) and for a fact that does not travel here."""
    try:
        event = envelope.read(
            origin.topic, origin.headers, origin.key, origin.value, origin.partition, origin.offset
        )  # fmt: skip
    except BadInput as error:
        return error
    except Exception as error:
        return BadInput("invalid_request", f"the record can't be read ({type(error).__name__})")
    if event is not None and origin.topic not in topics(type(event)):
        return BadInput("invalid_request", f"a {event.fact} does not travel on {origin.topic}", "see docs/clients.md")
    return event
