"""Reading dead letters and deciding how one is sent again; pure, except that nothing here is sent.

A record of the media chain that can be understood is answered by a new run of its job: what has not changed is
found again, and joins that have counted the loss are not confused. Anything else is sent again as it was.
"""

from dataclasses import dataclass
from typing import Any, Literal

from schemas import envelope
from schemas.errors import BadInput
from schemas.events import Event, PlainEvent
from schemas.ids import derive
from schemas.topics import TOPICS
from streams.deadletters import Origin

SAID = frozenset(
    {"x-original-topic", "x-original-partition", "x-original-offset", "x-original-timestamp"}
    | {"x-stage", "x-attempt", "x-error-code", "x-error-message", "x-trace-id", "x-truncated"}
)


@dataclass(frozen=True)
class Letter:
    """One dead letter; ``id`` is its own partition and offset, ``origin`` the record as it was."""

    id: str
    at: int
    origin: Origin
    stage: str
    attempt: str
    code: str
    message: str
    trace: str
    whole: bool

    @property
    def mark(self) -> str:
        """Where it is noted that this letter was sent again: the same for the same loss, whatever its offset."""
        origin = self.origin
        return f"redriven/{derive(origin.topic, origin.partition, origin.offset, origin.timestamp, self.stage)}.json"


def letter(record: Any) -> Letter:
    """The letter in a record of ``dead.letters``; what is missing stays empty."""
    said = envelope.texts(record.headers)
    kept = tuple((name, value) for name, value in record.headers or () if name not in SAID and value is not None)
    origin = Origin(
        said.get("x-original-topic", ""), _number(said.get("x-original-partition")),
        _number(said.get("x-original-offset")), _number(said.get("x-original-timestamp")), record.key, record.value,
        kept,
    )  # fmt: skip
    return Letter(
        id=f"{record.partition}-{record.offset}", at=record.timestamp, origin=origin, stage=said.get("x-stage", ""),
        attempt=said.get("x-attempt", ""), code=said.get("x-error-code", ""),
        message=said.get("x-error-message", ""), trace=said.get("x-trace-id", ""), whole="x-truncated" not in said,
    )  # fmt: skip


@dataclass(frozen=True)
class Redrive:
    """``run``: a new run of ``job``, whose letter tells of run ``run``; ``repeat``: the record as it was."""

    how: Literal["run", "repeat"]
    tenant: str = ""
    job: str = ""
    run: int = 0


def redrive(given: Letter) -> Redrive:
    """How to send it again. Raises BadInput where that makes no sense."""
    if given.origin.topic not in TOPICS:
        raise BadInput("invalid_request", f"letter {given.id} does not say which topic of ours it comes from")
    event = _event(given.origin)
    if event is not None and event.by_job and not isinstance(event, PlainEvent):
        return Redrive("run", event.tenant, event.job, event.run)
    if not given.whole:
        raise BadInput(
            "too_large", f"letter {given.id} holds only the beginning of its record", "send it again yourself"
        )
    return Redrive("repeat")


def _event(origin: Origin) -> Event | None:
    try:
        return envelope.read(origin.topic, origin.headers, origin.key, origin.value, origin.partition, origin.offset)
    except BadInput:
        return None


def _number(text: str | None) -> int:
    return int(text) if text and text.lstrip("-").isdecimal() else -1
