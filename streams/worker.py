"""A worker process: any of the stages on one event loop, one producer, one reader of ``media.control``.

It is ready when every consumer has joined its group. SIGTERM stops the reading, drains, commits and leaves; a second
one is safe. What one stage raises ends the process: a supervisor starts it again and nothing is lost.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition

from processors.bench import Bench
from processors.stage import Stage
from schemas.errors import Unavailable
from schemas.events import JobControl
from schemas.tracing import TRACEPARENT
from streams import lags
from streams.backpressure import Brake, Gauge
from streams.control import Control
from streams.evidence import behind
from streams.execute import Isolate
from streams.outbox import Outbox, Producer
from streams.parts import JOINS
from streams.precedence import Firsts
from streams.probe import UNSEEN, Probe
from streams.recall import recall
from streams.runtime import Limits, StageConsumer
from streams.status import StatusBoard, restore
from streams.vitals import Vitals
from streams.work import Watch

FIRST_LOOK_SECONDS = 30.0
LOOKED_AT = 2_048
"""Records in hand of a stage that may refuse them: more than any tenant's default share."""


@dataclass(frozen=True)
class Setup:
    """What a worker is made of; ``slots`` are threads per stage, one for those not named.

    ``buries``: topic → the stage that sends what can't be read there to the dead letters.
    """

    stages: Sequence[Stage]
    connection: dict[str, Any]
    partitions: dict[str, int]
    bench: Callable[[Control], Bench]
    isolate: Isolate
    slots: dict[str, int]
    ahead_seconds: float
    chunk_seconds: float
    buries: Mapping[str, str]
    instance: str | None = None
    producer: Callable[[], Producer] | None = None
    session: float = 45.0
    probe: Probe = UNSEEN
    vitals: Vitals = field(default_factory=Vitals)


def producer(connection: Mapping[str, Any]) -> AIOKafkaProducer:
    """The one producer of a worker, not started."""
    return AIOKafkaProducer(**connection, acks="all", enable_idempotence=True, linger_ms=0, max_request_size=2 << 20)


async def work(setup: Setup, ready: Callable[[], None]) -> int:
    """Run until SIGTERM or SIGINT. Returns how many threads are still busy with what could not be drained in time.

    Raises Unavailable when the broker can't be reached at the start.
    """
    outbox = Outbox(setup.producer or partial(producer, setup.connection), setup.partitions)
    control, board = Control(), StatusBoard()
    gauge = Gauge(setup.connection, setup.ahead_seconds, setup.chunk_seconds, setup.partitions)
    brake = Brake(gauge, Firsts())
    bench = setup.bench(control)
    await outbox.start()
    behind = [asyncio.create_task(outbox.run()), asyncio.create_task(control.follow(setup.connection, _count(setup)))]
    consumers = [_consumer(stage, setup, bench, outbox, brake, board) for stage in setup.stages]
    if any(stage.held_by for stage in setup.stages):
        behind.append(asyncio.create_task(gauge.follow()))
    behind.append(asyncio.create_task(setup.vitals.follow(consumers, gauge, setup.probe)))
    if setup.probe.on and any(stage.name == "jobs" for stage in setup.stages):
        behind.append(asyncio.create_task(lags.follow(setup.connection, setup.partitions, setup.probe)))
    try:
        await _first_look(control, behind)
        await _run(consumers, behind, setup.vitals, ready)
        return sum(consumer.desk.busy for consumer in consumers)
    finally:
        for task in behind:
            task.cancel()
        await asyncio.gather(*behind, return_exceptions=True)
        await outbox.stop()


async def _first_look(control: Control, behind: Sequence["asyncio.Task[None]"]) -> None:
    """Nothing starts before it is known what was cancelled."""
    looked = asyncio.create_task(control.read.wait())
    done, _ = await asyncio.wait([looked, *behind], timeout=FIRST_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    looked.cancel()
    if looked not in done:
        broken = next((task.exception() for task in done if not task.cancelled()), None)
        said = f" ({type(broken).__name__})" if broken else ""
        raise Unavailable(f"the topic {JobControl.topic} can't be read{said}", "see 'chalkstream doctor'") from broken


def _count(setup: Setup) -> int:
    return setup.partitions.get(JobControl.topic, 1)


def _consumer(
    stage: Stage, setup: Setup, bench: Bench, outbox: Outbox, brake: Brake, board: StatusBoard
) -> StageConsumer:
    """The consumer of one stage; ``jobs`` is the board's own and restores before it reads; a join recalls its parts."""
    mine, linking = stage.name == "jobs", setup.probe.on and stage.name in JOINS
    watch = Watch(setup.probe, bench.plan_of, partial(behind, bench))

    async def begin(places: Iterable[TopicPartition]) -> None:
        if not mine:
            await recall(stage, setup.probe, setup.connection, places)
            return
        await restore(board, setup.connection, [place.partition for place in places])
        for mended in board.mended():
            plan = await asyncio.to_thread(watch.plan, mended)
            outbox.publish(mended, lambda _: None, partial(dict, {TRACEPARENT: watch.root(mended, plan)}))

    return StageConsumer(
        board.stage() if mine else stage, bench, outbox, connection=setup.connection, instance=setup.instance,
        isolate=setup.isolate, held=brake.holds, firsts=brake.firsts,
        limits=_limits(stage, setup),
        buries=lambda topic: setup.buries.get(topic) == stage.name, begin=begin if mine or linking else None,
        watch=watch,
    )  # fmt: skip


def _limits(stage: Stage, setup: Setup) -> Limits:
    """Who refuses has to look at what comes before it can be worked on."""
    wide = LOOKED_AT if stage.refuse else Limits.high_water
    return Limits(slots=setup.slots.get(stage.name, 1), session=setup.session, high_water=wide)


async def _run(
    consumers: list[StageConsumer], behind: list["asyncio.Task[None]"], vitals: Vitals, ready: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()

    def begun() -> None:
        vitals.ready = True
        ready()

    def stop() -> None:
        vitals.ready = False
        for consumer in consumers:
            consumer.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    running = [asyncio.create_task(consumer.run(), name=consumer.stage.name) for consumer in consumers]
    joined = asyncio.create_task(_all_joined(consumers, begun))
    try:
        done, _ = await asyncio.wait([*running, *behind], return_when=asyncio.FIRST_COMPLETED)
        stop()
        await asyncio.gather(*running, return_exceptions=True)
        for task in (*done, *running):
            task.result()
    finally:
        joined.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await joined


async def _all_joined(consumers: Sequence[StageConsumer], ready: Callable[[], None]) -> None:
    await asyncio.gather(*(consumer.joined.wait() for consumer in consumers))
    ready()
