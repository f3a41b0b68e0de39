"""Reading topics without a group: from the beginning, a time or now; to the ends of now, or for ever.

For people and programs that look on: nothing is committed, nobody else is disturbed, and what can't be read is
passed over, for the stage that owns the topic buries it.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from infra import kafka
from infra.settings import KafkaSettings
from schemas import envelope
from schemas.errors import BadInput, BadSettings, Unavailable
from schemas.events import Event, JobChanged
from schemas.ids import spread
from schemas.jobs import JobStatus
from streams.stepping import some

BEGINNING: Final = 0
"""A time (ms since 1970) before all records; None is now."""


class Follower:
    """Open readers at their places; made by ``following``."""

    def __init__(self, reader: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> None:
        self._reader, self._places = reader, places

    async def records(self, *, to_the_end: bool = False) -> AsyncIterator[Any]:
        """Raw records in the order of their partitions; ``to_the_end`` stops where the topics ended when asked."""
        ends = await self._reader.end_offsets(self._places) if to_the_end else {}
        while not to_the_end or [place for place in self._places if await self._reader.position(place) < ends[place]]:
            for found in (await some(self._reader, self._places, timeout_ms=500)).values():
                for record in found:
                    yield record

    async def events(self, *, to_the_end: bool = False) -> AsyncIterator[Event]:
        """The facts among the records."""
        async for record in self.records(to_the_end=to_the_end):
            event = understood(record)
            if event is not None:
                yield event


@asynccontextmanager
async def following(
    settings: KafkaSettings, topics: Sequence[str], *, job: str | None = None, since: int | None = BEGINNING
) -> AsyncIterator[Follower]:
    """Readers of ``topics``, of the one partition where ``job`` travels if it is named.

    Raises Unavailable, and BadSettings for a topic that is not there.
    """
    places = list(_places(await kafka.partitions(settings, topics), topics, job))
    reader = AIOKafkaConsumer(**kafka.connection(settings), enable_auto_commit=False, fetch_max_wait_ms=1_000)
    try:
        await reader.start()
        reader.assign(places)
        await _seek(reader, places, since)
        yield Follower(reader, places)
    except BrokenPipeError:  # who reads what is printed has gone; the broker's own is a KafkaError by now
        raise
    except (KafkaError, OSError) as error:
        raise Unavailable(f"the broker can't be read ({type(error).__name__})", "see 'chalkstream doctor'") from error
    finally:
        await reader.stop()


def understood(record: Any) -> Event | None:
    """The fact in a record; None for a tombstone and for what can't be read."""
    try:
        return envelope.read(record.topic, record.headers, record.key, record.value, record.partition, record.offset)
    except BadInput:
        return None


async def statuses(settings: KafkaSettings, job: str | None = None) -> dict[str, JobStatus]:
    """All jobs, or the one, as ``media.jobs`` tells now."""
    found: dict[str, JobStatus] = {}
    async with following(settings, (JobChanged.topic,), job=job) as follower:
        async for event in follower.events(to_the_end=True):
            if isinstance(event, JobChanged) and job in (None, event.job):
                found[event.job] = event.status
    return found


async def status(settings: KafkaSettings, job: str) -> JobStatus | None:
    """One job as ``media.jobs`` tells now."""
    return (await statuses(settings, job)).get(job)


def _places(there: Mapping[str, int], topics: Iterable[str], job: str | None) -> Iterator[TopicPartition]:
    for name in topics:
        if name not in there:
            raise BadSettings(f"the topic {name} is missing", "run 'chalkstream init'")
        numbers = range(there[name]) if job is None else [spread(job, 0, there[name])]
        yield from (TopicPartition(name, number) for number in numbers)


async def _seek(reader: AIOKafkaConsumer, places: Sequence[TopicPartition], since: int | None) -> None:
    if since is None:
        await reader.seek_to_end(*places)
    elif since == BEGINNING:
        await reader.seek_to_beginning(*places)
    else:
        await _seek_time(reader, dict.fromkeys(places, since))


async def _seek_time(reader: AIOKafkaConsumer, times: Mapping[TopicPartition, int]) -> None:
    found = await reader.offsets_for_times(times)
    for place, hit in found.items():
        if hit is None:
            await reader.seek_to_end(place)
        else:
            reader.seek(place, hit.offset)
