"""One stage as a Kafka consumer group (DESIGN §5): the loop reads and never works, threads work and never commit.

Laws: an offset is committed when every output of its record is acknowledged; nothing is committed between revoke
and assign; an exception commits nothing; what can't be parsed or keeps failing goes to the dead letters and the
loop lives on. An item still in hand when its partition comes back is not begun a second time.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from processors.bench import Bench
from processors.stage import Answer, Stage, fail_job
from schemas import envelope
from schemas.errors import BadInput, Broken, Cancelled, ChalkstreamError, Unavailable
from schemas.events import Event, SpeechFound
from streams import attempts
from streams.deadletters import Origin
from streams.execute import execute
from streams.graph import topics
from streams.offsets import Offsets
from streams.outbox import Outbox
from streams.retry import Decision, decide
from streams.scheduling import Waiting

COMMIT_SECONDS = 0.5
POLL_MS = 3_000
Isolate = Callable[[Stage, Event], Iterable[Answer]]


@dataclass(frozen=True)
class Limits:
    """``slots``: threads. ``high_water``: records in hand at which a stage stops reading. Seconds otherwise."""

    slots: int = 4
    high_water: int = 256
    drain: float = 30.0
    session: float = 45.0
    rebalance: float = 60.0


@dataclass(eq=False)
class Item:
    """A record as work. ``acks`` outputs not yet acknowledged; ``ended`` when the stage has said all."""

    origin: Origin
    event: Event
    since: float
    attempts: int = 0
    waits: int = 0
    acks: int = 0
    ended: bool = False
    failure: ChalkstreamError | None = None

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition, offset."""
        return self.origin.topic, self.origin.partition, self.origin.offset


class StageConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Runs one stage of one process until it is told to stop."""

    def __init__(
        self, stage: Stage, bench: Bench, outbox: Outbox, *, connection: dict[str, Any], instance: str | None,
        isolate: Isolate, held: Callable[[Stage], bool] = lambda _: False, limits: Limits = Limits(),
        buries: bool = True, begin: Callable[[Iterable[TopicPartition]], Awaitable[None]] | None = None,
    ) -> None:  # fmt: skip
        self.stage, self.limits, self.joined = stage, limits, asyncio.Event()
        self._buries, self._begin = buries, begin
        self._bench, self._outbox, self._isolate, self._held = bench, outbox, isolate, held
        self._waiting = _waiting(stage)
        self._offsets: dict[TopicPartition, Offsets] = {}
        self._hand: dict[tuple[str, int, int], Item] = {}
        self._busy, self._moving, self._stopping, self._pause_until = 0, True, False, 0.0
        self._threads = ThreadPoolExecutor(limits.slots, thread_name_prefix=stage.name)
        self._wake: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._consumer = AIOKafkaConsumer(
            **connection, group_id=stage.name, group_instance_id=f"{instance}-{stage.name}" if instance else None,
            enable_auto_commit=False, auto_offset_reset="earliest", max_poll_records=limits.high_water,
            session_timeout_ms=int(limits.session * 1000), heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=int(limits.rebalance * 1000), fetch_max_wait_ms=POLL_MS,
        )  # fmt: skip

    @property
    def in_flight(self) -> list[Item]:
        """What is in hand."""
        return list(self._hand.values())

    async def run(self) -> None:
        """Join, read, and leave when ``stop`` was called and all is drained."""
        self._consumer.subscribe([name for kind in self.stage.takes for name in topics(kind)], listener=self)
        await self._consumer.start()
        committer = asyncio.create_task(self._commit_now_and_then())
        try:
            while not self._stopping:
                for place, records in (await self._consumer.getmany(timeout_ms=POLL_MS)).items():
                    for record in records:
                        self._read(place, record)
                self._flow()
                self._dispatch()
            await self._drain(self.limits.drain)
        finally:
            committer.cancel()
            await self._commit()
            await self._consumer.stop()
            self._threads.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """Begin to leave; calling it twice is safe."""
        self._stopping = True

    # -- membership ------------------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is in hand as far as time allows, commit it, then forget these partitions."""
        gone = set(revoked)
        for item in self._waiting.drop(lambda item: TopicPartition(item.origin.topic, item.origin.partition) in gone):
            self._hand.pop(item.place, None)
        if gone:
            await self._drain(self.limits.drain)
            await self._commit()
        self._moving = True
        for place in gone:
            self._offsets.pop(place, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Start afresh on these partitions, after whatever has to be restored for them."""
        if self._begin is not None:
            await self._begin(list(assigned))
        for place in assigned:
            self._offsets[place] = Offsets()
        self._moving = False
        self.joined.set()

    # -- reading ---------------------------------------------------------------------------------------------------

    def _read(self, place: TopicPartition, record: Any) -> None:
        offsets = self._offsets.get(place)
        if offsets is None:
            return
        offsets.add(record.offset)
        origin = Origin(
            record.topic, record.partition, record.offset, record.timestamp, record.key, record.value,
            tuple((name, value) for name, value in record.headers or () if value is not None),
        )  # fmt: skip
        place_in_log = (origin.topic, origin.partition, origin.offset)
        if place_in_log in self._hand:
            return
        try:
            event = envelope.read(
                origin.topic, origin.headers, record.key, record.value, origin.partition, origin.offset
            )
        except BadInput as error:
            if self._buries:
                self._hand[place_in_log] = item = Item(origin, _NOBODY, time.time())
                self._bury(item, error)
            else:
                offsets.finish(record.offset)
            return
        if event is None or not isinstance(event, self.stage.takes):
            offsets.finish(record.offset)
            return
        self._hand[place_in_log] = item = Item(origin, event, record.timestamp / 1000)
        self._waiting.add(item, time.monotonic())

    def _flow(self) -> None:
        """Stop reading where too much is in hand; go on where half of it is gone."""
        mine = {place for place in self._consumer.assignment() if place in self._offsets}
        full = {place for place in mine if len(self._hand) >= self.limits.high_water}
        paused = self._consumer.paused()
        if full - paused:
            self._consumer.pause(*(full - paused))
        elif paused & mine and 2 * len(self._hand) <= self.limits.high_water:
            self._consumer.resume(*(paused & mine))

    # -- working ---------------------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        now = time.monotonic()
        while self._busy < self.limits.slots and now >= self._pause_until and not self._stopping:
            if self._held(self.stage) or not (items := self._waiting.take(now)):
                break
            self._busy += 1
            self._loop.run_in_executor(self._threads, self._work, items)
        self._wake_at(self._waiting.due(), now)

    def _wake_at(self, due: float | None, now: float) -> None:
        if self._wake is not None:
            self._wake.cancel()
        due = max(due, self._pause_until) if due is not None else None
        held = 1.0 if self._held(self.stage) else 0.0
        if due is not None and self._busy < self.limits.slots:
            self._wake = self._loop.call_later(max(held, due - now, 0.001), self._dispatch)

    def _work(self, items: list[Item]) -> None:
        """On a worker thread: iterate, hand answers over, wait where this stage is held."""
        answers: list[Answer] = []
        try:
            for answer in self._answers(items):
                answers.append(answer)
                if self.stage.streams:
                    self._loop.call_soon_threadsafe(self._arrived, items, answers)
                    answers = []
                    while self._held(self.stage) and not self._stopping:
                        time.sleep(0.5)
        except BaseException as error:
            broken = (
                error
                if isinstance(error, ChalkstreamError)
                else Broken("internal", f"{type(error).__name__} in a runner")
            )
            answers += [(at, broken) for at in range(len(items))]
        self._loop.call_soon_threadsafe(self._worked, items, answers)

    def _answers(self, items: list[Item]) -> Iterable[Answer]:
        if not self.stage.can_crash:
            yield from execute(self.stage, [item.event for item in items], self._bench)
            return
        marks = [attempts.begin(self._bench.store, self.stage.name, item.event.id) for item in items]
        fine = [at for at, mark in enumerate(marks) if not mark.suspect]
        if fine:
            for at, answer in execute(self.stage, [items[at].event for at in fine], self._bench):
                yield fine[at], answer
        for at, mark in enumerate(marks):
            if mark.suspect:
                for _, answer in self._isolate(self.stage, items[at].event):
                    yield at, answer
        for mark in marks:
            attempts.end(self._bench.store, mark)

    def _worked(self, items: list[Item], answers: list[Answer]) -> None:
        self._busy -= 1
        self._arrived(items, answers)
        self._dispatch()

    def _arrived(self, items: list[Item], answers: list[Answer]) -> None:
        for position, answer in answers:
            item = items[position]
            if isinstance(answer, Event):
                item.acks += 1
                self._outbox.publish(answer, partial(self._acknowledged, item))
            else:
                item.ended, item.failure = True, answer or item.failure
                self._settle(item)

    def _acknowledged(self, item: Item, error: ChalkstreamError | None) -> None:
        item.acks -= 1
        item.failure = error or item.failure
        self._settle(item)

    # -- ending ----------------------------------------------------------------------------------------------------

    def _settle(self, item: Item) -> None:
        if not item.ended or item.acks:
            return
        if item.failure is None:
            self._finish(item)
            return
        error, item.failure, item.ended = item.failure, None, False
        if isinstance(error, Cancelled) and self._stopping:
            return
        item.attempts += 0 if isinstance(error, Unavailable) else 1
        decision = decide(error, attempts=item.attempts, waits=item.waits, age=time.time() - item.since)
        if decision.action == "again":
            self._again(item, error, decision)
        elif isinstance(error, Cancelled):
            self._finish(item)
        else:
            self._give_up(item, error)

    def _again(self, item: Item, error: ChalkstreamError, decision: Decision) -> None:
        until = time.monotonic() + decision.delay
        if isinstance(error, Unavailable):
            item.waits += 1
            self._pause_until = max(self._pause_until, until)
        self._waiting.park(item, until)
        self._dispatch()

    def _give_up(self, item: Item, error: ChalkstreamError) -> None:
        """Say downstream what it needs to hear; a bug also leaves a dead letter."""
        if not isinstance(error, BadInput):
            item.acks += 1
            self._outbox.bury(item.origin, self.stage.name, item.attempts, error.info, partial(self._buried, item))
        item.acks += 1
        self._loop.run_in_executor(self._threads, self._stand_in, item, error)

    def _stand_in(self, item: Item, error: ChalkstreamError) -> None:
        try:
            answers: list[Answer] = [(0, event) for event in self.stage.given_up(item.event, error.info, self._bench)]
            answers.append((0, None))
        except Unavailable as away:
            answers = [(0, away)]
        except Exception:
            answers = [*((0, event) for event in fail_job(item.event, error.info, self._bench)), (0, None)]
        self._loop.call_soon_threadsafe(self._stood_in, item, answers)

    def _stood_in(self, item: Item, answers: list[Answer]) -> None:
        item.acks -= 1
        self._arrived([item], answers)

    def _bury(self, item: Item, error: ChalkstreamError) -> None:
        item.ended, item.acks = True, 1
        self._outbox.bury(item.origin, self.stage.name, 1, error.info, partial(self._buried, item))

    def _buried(self, item: Item, failed: ChalkstreamError | None) -> None:
        item.acks -= 1
        if failed is not None:
            item.failure = failed
        self._settle(item)

    def _finish(self, item: Item) -> None:
        self._hand.pop(item.place, None)
        offsets = self._offsets.get(TopicPartition(item.origin.topic, item.origin.partition))
        if offsets is not None:
            offsets.finish(item.origin.offset)
        self._waiting.release(item, time.monotonic())
        self._flow_soon()

    def _flow_soon(self) -> None:
        if not self._moving and not self._stopping:
            self._flow()
            self._dispatch()

    # -- committing ------------------------------------------------------------------------------------------------

    async def _commit_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(COMMIT_SECONDS)
            await self._commit()

    async def _commit(self) -> None:
        points = {place: point for place, each in self._offsets.items() if (point := each.commit_point()) is not None}
        if not points or self._moving:
            return
        try:
            await self._consumer.commit(points)
        except (KafkaError, AssertionError):
            return  # a group on the move refuses; the next commit carries the same points
        for place, point in points.items():
            if place in self._offsets:
                self._offsets[place].committed(point)

    async def _drain(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (self._busy or any(item.acks for item in self._hand.values())) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _waiting(stage: Stage) -> Waiting[Item]:
    batch = stage.batch
    waiting: Waiting[Item] = Waiting(
        key=(lambda item: item.event.job) if stage.ordered else (lambda _: None),
        express=lambda item: isinstance(item.event, SpeechFound) and item.origin.topic == SpeechFound.express_topic,
    )
    if batch:
        waiting.size, waiting.cost, waiting.wait = batch.size, batch.cost, batch.wait_ms / 1000
        waiting.cost_of = lambda item: batch.cost_of(item.event)
    return waiting


class _Nobody(Event):
    """Stands for the event of a record that could not be parsed."""

    topic, fact = "", "nobody"


_NOBODY = _Nobody(job="")
__all__: Sequence[str] = ("Isolate", "Limits", "StageConsumer")
