"""One stage as a member of a Kafka consumer group (DESIGN §5): the loop reads and never works; the desk works.

Laws: an offset is committed when every output of its record is acknowledged; nothing is committed between revoke
and assign; what can't be parsed goes to the dead letters and the loop lives on; a record is read only when all that
its partition needs has been restored. A membership that breaks is left and begun again.

aiokafka tells of an assignment after it has begun to fetch for it, and stops the heartbeat while it tells: so
records wait for ``_settled``, and what takes long is done beside the callback, not in it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError

from processors.bench import Bench
from processors.stage import Stage
from schemas.errors import BadInput
from schemas.events import Event
from streams.desk import MOST_HELD, Desk
from streams.execute import Isolate
from streams.graph import topics
from streams.item import Item, Place
from streams.offsets import Offsets
from streams.outbox import Outbox
from streams.performing import Performer
from streams.precedence import Firsts
from streams.reading import read
from streams.stepping import UNREADABLE, go_back, step_over
from streams.tasks import end, first
from streams.threads import Threads
from streams.work import UNWATCHED, Watch

COMMIT_SECONDS, COMMIT_LIMIT, LEAVE_LIMIT, REJOIN_SECONDS, PATIENCE_SECONDS = 0.5, 5.0, 10.0, 1.0, 0.2
POLL_MS, FETCH_WAIT_MS, LOOK_MS = 30_000, 3_000, 2_000
"""``LOOK_MS``: how often aiokafka's fetcher looks around by itself; what it has to know wakes it. Its default of 200 is
half of what an idle worker costs."""
ASSIGNORS = (RangePartitionAssignor,)
"""Partition n of every topic of a stage goes to one member, so that the facts of a job meet there (``jobs`` is the one
writer of a job's state). Round robin, aiokafka's default, tears them apart when 12 is no multiple of the members."""
Begin = Callable[[Iterable[TopicPartition]], Awaitable[None]]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """``slots``: threads. ``high_water``: records in hand at which a stage stops reading. Seconds otherwise."""

    slots: int = 4
    high_water: int = 256
    drain: float = 30.0
    session: float = 45.0
    rebalance: float = 60.0


class StageConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Runs one stage of one process until it is told to stop. ``buries``: whether bad records of a topic are ours.

    ``moves`` counts changes of its partitions, ``finished`` records that need nothing more.
    """

    def __init__(
        self, stage: Stage, bench: Bench, outbox: Outbox, *, connection: dict[str, Any], instance: str | None,
        isolate: Isolate, held: Callable[[Stage, Event], bool] = lambda _stage, _event: False,
        limits: Limits = Limits(), buries: Callable[[str], bool] = lambda _: True, begin: Begin | None = None,
        watch: Watch = UNWATCHED, firsts: Firsts | None = None,
    ) -> None:  # fmt: skip
        self.stage, self.limits, self.joined = stage, limits, asyncio.Event()
        self._connection, self._instance, self._buries, self._begin = connection, instance, buries, begin
        self._topics = sorted({name for kind in stage.takes for name in topics(kind)})
        self._threads = Threads(stage.name, limits.slots + MOST_HELD)
        express = frozenset(name for kind in stage.takes for name in topics(kind)[1:])
        self.desk = Desk(
            stage, Performer(stage, bench, isolate, held), outbox, loop=asyncio.get_running_loop(),
            submit=self._threads.submit, slots=limits.slots, finished=self._finished, express=express, watch=watch,
            firsts=firsts,
        )  # fmt: skip
        self._stopping, self._settled = asyncio.Event(), asyncio.Event()
        self._offsets: dict[TopicPartition, Offsets] = {}
        self.moves, self.finished = 0, 0
        self._moving, self._full, self._room = True, {True: False, False: False}, asyncio.Event()
        self._committing = asyncio.Lock()
        self._commit_timer: asyncio.TimerHandle | None = None
        self._behind: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Task[None] | None = None
        self._consumer: Any = None

    @property
    def in_flight(self) -> list[Item]:
        """What is in hand."""
        return self.desk.in_flight

    async def run(self) -> None:
        """Join, read, and leave when ``stop`` was called and all is drained."""
        try:
            while not self._stopping.is_set():
                try:
                    await self._be_member()
                except (KafkaError, OSError) as error:
                    log.warning("%s left its group (%s) and joins again", self.stage.name, type(error).__name__)
                    self._lose_all()
                    await first(self._stopping.wait(), asyncio.sleep(REJOIN_SECONDS))
        finally:
            self.desk.leave()
            self._threads.close()

    def stop(self) -> None:
        """Begin to leave; calling it twice is safe."""
        self._stopping.set()

    # -- membership --------------------------------------------------------------------------------------------------

    async def _be_member(self) -> None:
        self._consumer = self._make_consumer()
        reading = asyncio.create_task(self._read_on())
        try:
            await first(self._stopping.wait(), reading)
            if reading.done():
                reading.result()
            await self.desk.drain(self.limits.drain)
            await self._commit()
        finally:
            await end(reading)
            await end(self._opening)
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._consumer.stop(), LEAVE_LIMIT)

    def _make_consumer(self) -> Any:
        name = f"{self._instance}-{self.stage.name}" if self._instance else None
        consumer = AIOKafkaConsumer(
            **self._connection, group_id=self.stage.name, group_instance_id=name,
            enable_auto_commit=False, auto_offset_reset="earliest", max_poll_records=self.limits.high_water,
            session_timeout_ms=int(self.limits.session * 1000), heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=int(self.limits.rebalance * 1000), fetch_max_wait_ms=FETCH_WAIT_MS,
            partition_assignment_strategy=ASSIGNORS, consumer_timeout_ms=LOOK_MS,
        )  # fmt: skip
        consumer.subscribe(self._topics, listener=self)
        return consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what was begun as far as time allows, commit it, then forget these partitions."""
        gone = set(revoked)
        self.moves += 1
        self._settled.clear()
        await end(self._opening)
        if gone:
            self._drop(gone)
            await self.desk.drain(self.limits.drain)
            self._drop(gone)
        await self._commit(last=True)
        for place in gone:
            self._offsets.pop(place, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Start afresh on these partitions, after whatever has to be restored for them."""
        self._opening = asyncio.create_task(self._open(list(assigned)))

    async def _open(self, assigned: list[TopicPartition]) -> None:
        while self._begin is not None:
            try:
                await self._begin(assigned)
                break
            except KafkaError as error:
                log.warning("%s can't restore its partitions yet (%s)", self.stage.name, type(error).__name__)
                await asyncio.sleep(REJOIN_SECONDS)
        self._offsets = {place: Offsets() for place in assigned}
        self._full = {True: False, False: False}
        self.desk.keep(lambda item: _partition(item.place) in self._offsets)
        self.desk.drop(lambda item: item.lost)
        self._moving, self.desk.open = False, not self._stopping.is_set()
        self._settled.set()
        self.joined.set()
        self.desk.dispatch()

    def _drop(self, gone: set[TopicPartition]) -> None:
        self.desk.drop(lambda item: _partition(item.place) in gone)

    def _lose_all(self) -> None:
        self.moves += 1
        self._moving, self.desk.open = True, False
        self._settled.clear()
        self.desk.drop(lambda _: True)
        self._offsets.clear()

    # -- reading -----------------------------------------------------------------------------------------------------

    async def _read_on(self) -> None:
        await self._consumer.start()
        while True:
            found = await self._get()
            self._check_opening()
            if found and await self._is_settled():
                self._take(found)
                await self._make_room()

    async def _get(self) -> Mapping[TopicPartition, list[Any]]:
        try:
            found: dict[TopicPartition, list[Any]] = await self._consumer.getmany(timeout_ms=POLL_MS)
        except UNREADABLE:
            found = await self._step()
        return found

    async def _step(self) -> dict[TopicPartition, list[Any]]:
        """Record by record past what can't be read; begun again where partitions move on meanwhile."""
        while True:
            while not await self._is_settled():
                pass
            moves, most = self.moves, self.limits.high_water
            await go_back(self._consumer, self._offsets)
            found = {place: await step_over(self._consumer, place, most) for place in list(self._offsets)}
            if self.moves == moves:
                return found

    def _check_opening(self) -> None:
        if self._opening is not None and self._opening.done() and not self._opening.cancelled():
            self._opening.result()

    async def _is_settled(self) -> bool:
        """Whether records just read may be taken: if their partitions move on meanwhile, they are read again."""
        moves = self.moves
        while not self._settled.is_set() and self.moves == moves:
            await first(self._settled.wait(), self._opening or self._settled.wait())
            self._check_opening()
        return self.moves == moves

    def _take(self, found: Mapping[TopicPartition, list[Any]]) -> None:
        for place, records in found.items():
            offsets = self._offsets.get(place)
            for record in records if offsets is not None else ():
                offsets.add(record.offset)  # type: ignore[union-attr]
                self._read(record)
        self._flow()
        self.desk.dispatch()

    def _read(self, record: Any) -> None:
        origin, event = read(record)
        if isinstance(event, BadInput) and self._buries(origin.topic):
            self.desk.bury(origin, event)
        elif isinstance(event, self.stage.takes):
            self.desk.take(origin, event)
        else:
            self._finished(Place(origin.topic, origin.partition, origin.offset))

    async def _make_room(self) -> None:
        """Where too much is in hand, read no more until half of it is gone.

        Quick work is waited for: aiokafka throws away what it has fetched of a paused partition, and fetches it again.
        """
        if True in self._full.values():
            self._room.clear()
            await first(self._room.wait(), asyncio.sleep(PATIENCE_SECONDS))
        for express, full in self._full.items():
            if full and not self._moving:
                self._consumer.pause(*self._places(express))

    def _flow(self) -> None:
        """Whether too much is in hand. Express has a measure of its own."""
        for express, full in self._full.items():
            count = self.desk.count(express=express)
            if not full and count >= self.limits.high_water:
                self._full[express] = True
            elif not self._moving and full and 2 * count <= self.limits.high_water:
                self._full[express] = False
                self._room.set()
                self._consumer.resume(*self._places(express))

    def _places(self, express: bool) -> list[TopicPartition]:
        return [place for place in self._offsets if (place.topic in self.desk.express) == express]

    # -- committing --------------------------------------------------------------------------------------------------

    def _finished(self, place: Place) -> None:
        offsets = self._offsets.get(_partition(place))
        if offsets is None:
            return
        offsets.finish(place.offset)
        self.finished += 1
        if self._commit_timer is None:
            self._commit_timer = asyncio.get_running_loop().call_later(COMMIT_SECONDS, self._commit_soon)
        if True in self._full.values():
            self._flow()

    def _commit_soon(self) -> None:
        self._commit_timer = None
        task = asyncio.create_task(self._commit())
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def _commit(self, *, last: bool = False) -> None:
        """``last``: none after this one until partitions are assigned; one that is on its way is waited for."""
        async with self._committing:
            points = {place: point for place, each in self._offsets.items() if (point := each.commit_point())}
            if points and not self._moving:
                await self._commit_points(points)
            self._moving = self._moving or last

    async def _commit_points(self, points: dict[TopicPartition, int]) -> None:
        try:
            await asyncio.wait_for(self._consumer.commit(points), COMMIT_LIMIT)
        except (KafkaError, TimeoutError, AssertionError) as error:
            log.warning("%s could not commit (%s)", self.stage.name, type(error).__name__)
            return  # the next commit carries the same points
        for place, point in points.items():
            if place in self._offsets:
                self._offsets[place].committed(point)


def _partition(place: Place) -> TopicPartition:
    return TopicPartition(place.topic, place.partition)
