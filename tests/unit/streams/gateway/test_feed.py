"""What FastStream's handlers make of records, on its own broker in memory."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from faststream.kafka import TestKafkaBroker

from infra.settings import read
from schemas import envelope
from schemas.chat import ChatDelta
from schemas.events import Event, JobChanged
from streams.gateway.feed import Feed
from tests.unit.streams.gateway.kit import JOB, NOW
from tests.unit.streams.kit import cut

Record = tuple[str, bytes, Mapping[str, str]]
CHANGED = JobChanged(job=JOB, state="running", created=NOW, updated=NOW)
SPOKEN = ChatDelta(request="q", seq=0, delta="Hello")


def record(event: Event) -> Record:
    headers = {name: value.decode() for name, value in envelope.headers(event, now=datetime.now(UTC))}
    return event.topic, envelope.value(event), headers


def told(records: Sequence[Record]) -> list[tuple[str, Event]]:
    """What a feed tells of these records."""

    async def play() -> list[tuple[str, Event]]:
        found: list[tuple[str, Event]] = []
        feed = Feed(read({}).kafka, lambda topic, _offset, event: found.append((topic, event)))
        async with TestKafkaBroker(feed.broker):
            for topic, value, headers in records:
                await feed.send(topic, value, b"k", headers)
        return found

    return asyncio.run(play())


def test_facts_of_both_kinds_are_told() -> None:
    assert told([record(CHANGED), record(SPOKEN)]) == [(CHANGED.topic, CHANGED), (SPOKEN.topic, SPOKEN)]


def test_what_nobody_understands_is_passed_over_and_the_next_is_told() -> None:
    garbage: list[Record] = [(CHANGED.topic, value, {}) for value in (b"", b"\xff", b"[" * 10_000)]
    assert [event for _, event in told([*garbage, record(CHANGED)])] == [CHANGED]


def test_internal_topics_are_not_followed() -> None:
    assert told([record(cut(0))]) == []
