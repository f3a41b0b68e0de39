"""CloudEvents 1.0 on Kafka, binary mode: headers say what a record is, the value is the fact as JSON.

Parsing never raises anything but ``Unreadable``: the loop turns that into a dead letter.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from schemas import chat, images  # noqa: F401 - what they define is known by being defined
from schemas.base import to_bytes
from schemas.errors import BadInput
from schemas.events import KINDS, PLAIN, Event
from schemas.topics import TOPICS

SOURCE: Final = "/chalkstream"
Headers = Sequence[tuple[str, bytes]]


class Unreadable(BadInput):
    """A record that can't be understood: ``invalid_request`` or ``unknown_version``."""


def headers(event: Event, *, now: datetime, trace: Mapping[str, str] | None = None) -> list[tuple[str, bytes]]:
    """The record headers of ``event``; ``trace`` holds W3C ``traceparent``/``tracestate``."""
    pairs = {
        "ce_specversion": "1.0",
        "ce_id": event.id,
        "ce_type": event.wire_type(),
        "ce_source": SOURCE,
        "ce_subject": event.job,
        "ce_time": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "content-type": "application/json",
        **(trace or {}),
    }
    return [(name, value.encode()) for name, value in pairs.items()]


def texts(raw: Sequence[tuple[Any, Any]] | None) -> dict[str, str]:
    """Headers as text; binary and null ones are left out, the first of equals wins."""
    found: dict[str, str] = {}
    for name, value in raw or ():
        try:
            found.setdefault(str(name), bytes(value).decode())
        except (TypeError, UnicodeDecodeError):
            continue
    return found


def parse(wire_type: str | None, value: bytes | None) -> Event:
    """The fact in a record. Raises Unreadable."""
    kind = KINDS.get(wire_type or "")
    if kind is None:
        known = (wire_type or "").rpartition(".v")[0]
        versions = any(name.startswith(known + ".v") for name in KINDS) if known else False
        raise Unreadable(
            "unknown_version" if versions else "invalid_request", f"record of type {wire_type!r} is not known here"
        )
    try:
        return kind.model_validate_json(value or b"")
    except (ValidationError, ValueError) as error:
        where = error.errors()[0]["loc"] if isinstance(error, ValidationError) else ()
        raise Unreadable("invalid_request", f"value of {wire_type} is not valid at {where!r}") from None


def read(topic: str, raw: Headers, key: bytes | None, value: bytes | None, partition: int, offset: int) -> Event | None:
    """The fact in a record of ``topic``; None for a tombstone. Raises Unreadable.

    Topics that others write to without CloudEvents headers (stores, plain clients) name their class by the topic.
    """
    if value is None and topic in TOPICS and TOPICS[topic].cleanup == "compact":
        return None
    try:
        known, plain = texts(raw), PLAIN.get(topic)
        if plain is not None:
            return plain.from_record(known, key, value, f"{topic}-{partition}-{offset}")
        return parse(known.get("ce_type"), value)
    except BadInput:
        raise
    except Exception as error:  # whatever a stranger's bytes can raise is the bytes' fault
        raise Unreadable("invalid_request", f"record can't be read ({type(error).__name__})") from None


def structured(event: Event) -> dict[str, Any]:
    """CloudEvents' structured mode, for ``--json``: the envelope and the fact in one object."""
    return {
        "specversion": "1.0",
        "id": event.id,
        "type": event.wire_type(),
        "source": SOURCE,
        "subject": event.job,
        "datacontenttype": "application/json",
        "data": event.model_dump(mode="json", exclude_none=True),
    }


def value(event: Event) -> bytes:
    """The record's value."""
    return to_bytes(event)
