"""Names and attributes of spans: OpenTelemetry's messaging conventions, and our own ``media.*``. Pure.

Never in an attribute: a key, a file name, a transcript, a prompt, an error's text. A request's id is its client's
own words, so its derived id stands for it.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas import tracing
from schemas.base import SAMPLE_RATE
from schemas.events import Event
from schemas.plan import ModelIdentity, Plan
from schemas.tracing import Received

Attributes = dict[str, Any]
TOLD: Final = {
    "index": "media.index", "block": "media.block", "target": "media.target", "language": "media.language",
    "count": "media.count", "cues": "media.cues", "state": "media.state",
}  # fmt: skip
"""Fields of facts that are numbers, tags or states, and the attribute each one becomes."""
STAGE_MODEL: Final = {"transcribe": "asr", "identify": "asr", "translate": "mt"}


def send_name(topic: str) -> str:
    """A PRODUCER span."""
    return f"send {topic}"


def process_name(topic: str) -> str:
    """A CONSUMER span."""
    return f"process {topic}"


def sending(event: Event, system: str) -> Attributes:
    """Of the span ``send``."""
    return _messaging(system, "send", event.on) | {"messaging.message.id": event.id} | media(event)


def processing(stage: str, event: Event, received: Received) -> Attributes:
    """Of the span ``process``."""
    return {
        **_messaging(received.system, "process", received.topic),
        "messaging.destination.partition.id": str(received.partition),
        "messaging.consumer.group.name": stage,
        "messaging.kafka.offset": received.offset,
        "messaging.message.id": event.id,
        **media(event),
    }


def _messaging(system: str, operation: str, topic: str) -> Attributes:
    return {
        "messaging.system": system,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "messaging.destination.name": topic,
    }


def media(event: Event) -> Attributes:
    """What a fact is about."""
    found: Attributes = {"media.job": tracing.name(event.job, event.tenant), "media.run": event.run}
    found |= {name: value for field, name in TOLD.items() if _plain(value := getattr(event, field, None))}
    if seconds := audio_seconds(event):
        found["media.audio_seconds"] = round(seconds, 3)
    return found


def audio_seconds(event: Event) -> float:
    """Audio that a fact is about, 0 if it is about none."""
    start, end = getattr(event, "start", None), getattr(event, "end", None)
    if start is None or end is None:
        return 0.0
    return float(end - start) / (SAMPLE_RATE if isinstance(end, int) else 1)


def model_of(stage: str, plan: Plan | None) -> ModelIdentity | None:
    """The model that a stage uses for a plan."""
    found: ModelIdentity | None = getattr(plan, STAGE_MODEL[stage]) if plan and stage in STAGE_MODEL else None
    return found


def modelled(model: ModelIdentity | None) -> Mapping[str, str]:
    """Of a stage's span."""
    return {"media.model": model.name, "media.revision": model.revision} if model else {}


def _plain(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= 16 and value.isascii())
