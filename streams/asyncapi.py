"""The AsyncAPI 3 document of all topics, and the JSON Schema of every fact, from the models that are really used.

FastStream serves here as a writer of documents: its broker is never started.
"""

import importlib
import json
import pkgutil
from functools import reduce
from operator import or_
from typing import Any, Final

from faststream.kafka import KafkaBroker
from faststream.specification import AsyncAPI

import schemas as schemas_package
from schemas.base import Model
from schemas.events import KINDS, Event, PlainEvent
from schemas.topics import DAY_MS, TOPICS, Topic
from streams.graph import topics

TITLE: Final = "Chalkstream"
DESCRIPTION: Final = (
    "Lecture videos in, captions and translations out. Every record is a CloudEvents 1.0 event in Kafka's binary mode:"
    " headers ce_specversion, ce_id, ce_type (io.chalkstream.<fact>.v<n>), ce_source, ce_subject (the job), ce_time,"
    " content-type and W3C traceparent. Readers ignore fields they don't know. What others write (media.uploads,"
    " media.control, *.requests) needs no headers. Kept as retention says; of a compacted topic, the newest per key."
)
TAKEN: Final = frozenset({"media.uploads", "media.control", "chat.requests", "image.requests"})
"""Topics that others write to."""


def kinds() -> dict[str, type[Event]]:
    """Every kind of fact by its wire type: those of ``schemas``, whatever has been imported."""
    for module in pkgutil.iter_modules(schemas_package.__path__):
        importlib.import_module(f"schemas.{module.name}")
    return {name: kind for name, kind in sorted(KINDS.items()) if kind.__module__.startswith("schemas.")}


def by_topic() -> dict[str, list[type[Event]]]:
    """Which kinds travel on each topic."""
    found: dict[str, list[type[Event]]] = {name: [] for name in TOPICS}
    for kind in kinds().values():
        for name in topics(kind):
            found.setdefault(name, []).append(kind)
    return found


def document(version: str) -> dict[str, Any]:
    """AsyncAPI 3.0, as plain values."""
    broker = KafkaBroker("kafka.example:9092")
    for name, each in by_topic().items():
        _describe(broker, name, each)
    spec = AsyncAPI(broker, title=TITLE, version=version, description=DESCRIPTION, schema_version="3.0.0")
    made: dict[str, Any] = json.loads(spec.to_specification().to_json())
    made["servers"] = {"kafka": made["servers"].pop("development")}
    for channel in made["channels"].values():
        channel["servers"] = [{"$ref": "#/servers/kafka"}]
    for message in made["components"]["messages"].values():
        message |= {"correlationId": {"location": "$message.header#/ce_id"}, "contentType": "application/json"}
    return made


def _describe(broker: KafkaBroker, name: str, each: list[type[Event]]) -> None:
    schema = reduce(or_, map(shape, each)) if each else None
    about = _about(TOPICS[name], each)
    if name not in TAKEN:
        broker.publisher(name, schema=schema, title=name, description=about)
        return

    async def taken(event: Any) -> None: ...

    taken.__annotations__["event"] = schema or Any
    broker.subscriber(name, title=name, description=about)(taken)


def shape(kind: type[Event]) -> type[Model]:
    """What the record holds: the fact, but where others say it in their own words."""
    return (kind.wire if issubclass(kind, PlainEvent) else None) or kind


def _about(topic: Topic, each: list[type[Event]]) -> str:
    kept = "the newest per key" if topic.cleanup == "compact" else f"{topic.retention_ms // DAY_MS} days"
    types = ", ".join(kind.wire_type() for kind in each) or "the original record, with x- headers that say why"
    return f"{types}. Partitions: {topic.partitions}; kept: {kept}; at most {topic.max_bytes >> 10} KiB a record."


def schemas() -> dict[str, dict[str, Any]]:
    """File name → JSON Schema (2020-12) of one fact as it is written."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        f"{name.removeprefix('io.chalkstream.')}.json": head | {"$id": name} | shape(kind).model_json_schema()
        for name, kind in kinds().items()
    }
