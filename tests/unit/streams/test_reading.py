"""Whatever stands in a record becomes a fact, nothing, or a reason to bury it; it never raises."""

from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import envelope
from schemas.errors import BadInput
from schemas.events import KINDS, Event
from schemas.topics import TOPICS
from streams.reading import WITHHELD, NoRecord, event_of, origin_of, read
from tests.unit.streams.kit import cut

TYPES = sorted(KINDS)
NASTY = [
    None, b"", b"\x00", b"\xff\xfe", b"null", b"[]", b"{}", b"1" * 5_000, b"[" * 100_000, b'{"a":' * 100_000,
    b'{"Records": ' + b"[" * 50_000, b'{"Records": [{"eventName": "s3:ObjectCreated:Put", "s3": 5}]}',
    b'{"Records": [{"eventName": "ObjectCreated", "s3": {"bucket": {"name": "b"}, "object": '
    b'{"key": "k", "size": 1e999}}}]}',
    b'{"job": "\\ud800", "index": 0, "start": 0, "end": 1}', b'{"job": 5}', b'{"job": "x", "index": 1e400}',
    b'{"job": "x", "run": ' + b"9" * 400 + b"}",
]  # fmt: skip


def record(topic: str, value: bytes | None, headers: Sequence[tuple[Any, Any]] | None = ()) -> SimpleNamespace:
    return SimpleNamespace(
        topic=topic, partition=0, offset=0, timestamp=0, key=None, value=value, headers=headers
    )  # fmt: skip


@pytest.mark.parametrize("topic", sorted(TOPICS))
@pytest.mark.parametrize("value", NASTY, ids=lambda value: repr(value)[:30])
def test_no_record_ends_the_loop(topic: str, value: bytes | None) -> None:
    for wire_type in (*TYPES, "io.chalkstream.speech-cut.v99", "nonsense"):
        found = event_of(origin_of(record(topic, value, [("ce_type", wire_type.encode())])))
        assert found is None or isinstance(found, Event | BadInput)


@given(st.binary(max_size=200), st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=9)), max_size=4))
def test_nor_does_any_other(value: bytes, headers: list[tuple[str, bytes | None]]) -> None:
    found = event_of(origin_of(record("media.chunks", value, headers)))
    assert isinstance(found, BadInput)


def test_a_fact_is_read_as_it_was_said() -> None:
    headers = [("ce_type", cut(4).wire_type().encode()), ("junk", None)]
    assert event_of(origin_of(record("media.chunks", envelope.value(cut(4)), headers))) == cut(4)


def test_an_unknown_version_is_told_from_garbage() -> None:
    found = event_of(origin_of(record("media.chunks", b"{}", [("ce_type", b"io.chalkstream.speech-cut.v99")])))
    assert isinstance(found, BadInput)
    assert found.code == "unknown_version"


def test_a_tombstone_says_nothing_on_a_compacted_topic_and_is_garbage_elsewhere() -> None:
    assert event_of(origin_of(record("media.jobs", None))) is None
    assert isinstance(event_of(origin_of(record("media.chunks", None))), BadInput)


def test_records_without_headers_can_be_read() -> None:
    assert isinstance(event_of(origin_of(record("media.chunks", b"x", None))), BadInput)


@pytest.mark.parametrize("topic", ["media.chunks", "media.subtitles", "media.uploads"])
def test_a_record_that_can_not_be_had_is_no_tombstone(topic: str) -> None:
    origin, found = read(NoRecord(topic, 3, 7))
    assert (found, origin.topic, origin.partition, origin.offset) == (WITHHELD, topic, 3, 7)


def test_a_fact_on_a_topic_where_it_does_not_travel_is_buried() -> None:
    event = cut(0)
    headers = envelope.headers(event, now=datetime.now(UTC))
    told = [event_of(origin_of(record(topic, envelope.value(event), headers))) for topic in (event.topic, "media.jobs")]
    assert told[0] == event
    assert isinstance(told[1], BadInput) and "media.jobs" in told[1].message
