"""A worker of small stages, over real services: what tests and measurements of the runtime share.

A ``Court`` is a pair of facts with topics of their own: balls go in, catches come out.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from processors.bench import Bench
from processors.stage import Answer, Stage
from schemas import envelope
from schemas.errors import BadInput
from schemas.events import Event
from schemas.topics import DEAD_LETTERS, TOPICS
from streams.execute import Isolate
from streams.outbox import Outbox, Producer
from streams.runtime import Limits, StageConsumer
from streams.worker import producer as real_producer

PARTITIONS = 12
USUAL = Limits()


class Ball(Event):
    """A numbered piece of work. ``note``: ``crash``, ``refuse``, or seconds that it takes."""

    topic, slot, spread_by = "", ("number",), "number"
    number: int
    note: str = ""


class Caught(Event):
    """What a stage made of a ball."""

    topic, slot = "", ("number",)
    number: int
    lost: str | None = None


@dataclass(frozen=True)
class Court:
    """Facts and topics of one game; the same name is the same court in every process."""

    ball: type[Ball]
    caught: type[Caught]

    @property
    def topics(self) -> tuple[str, str]:
        """Of balls and of catches."""
        return self.ball.topic, self.caught.topic

    def partitions(self) -> dict[str, int]:
        """How many each topic has."""
        return dict.fromkeys(self.topics, PARTITIONS)


@lru_cache
def court(name: str) -> Court:
    """A new pair of facts."""
    ball = type(f"Ball{name}", (Ball,), {"topic": f"rig.{name}.balls", "fact": f"rig-{name}-ball"})
    caught = type(f"Caught{name}", (Caught,), {"topic": f"rig.{name}.caught", "fact": f"rig-{name}-caught"})
    return Court(ball, caught)


@dataclass(frozen=True)
class Player:
    """The rig's stage: recognises what is finished, else works, counts the call in a file, and keeps the result."""

    court: Court
    calls: Path

    def play(self, event: Ball, bench: Bench) -> Iterator[Event]:
        """Catch a ball: once, by whoever comes first."""
        if event.note == "crash":
            raise ValueError("as the note says")
        if event.note == "refuse":
            raise BadInput("truncated", "as the note says")
        key = f"catch/{event.job}/{event.number}"
        if not bench.store.exists("work", key):
            self.call(event.number)
            time.sleep(float(event.note or 0))
            bench.store.create("work", key, b"1")
        yield self.court.caught(job=event.job, run=event.run, number=event.number)

    def call(self, number: int) -> None:
        """One call of the model."""
        file = os.open(self.calls, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{number}\n".encode())
        os.close(file)

    def count(self) -> int:
        """Calls so far."""
        return self.calls.read_bytes().count(b"\n") if self.calls.exists() else 0

    def given_up(self, event: Ball, error: Any, _: Bench) -> list[Event]:
        """The word for those who wait."""
        return [self.court.caught(job=event.job, run=event.run, number=event.number, lost=error.code)]

    def stage(self, name: str, **facts: Any) -> Stage:
        """As a stage; its name is its group."""
        given = {"takes": (self.court.ball,), "gives": (self.court.caught,), "run": self.play}
        return Stage(**{"name": name, "given_up": self.given_up, **given, **facts})


def no_child(_stage: Stage, _events: Sequence[Event], _unwanted: object) -> Iterable[Answer]:
    """The rig isolates nothing."""
    return [(0, None)]


def nothing_bench(store: Any = None) -> Bench:
    """A bench with a store at most."""
    none: Any = None
    return Bench(
        store=store, engines=none, decode=none, open_source=none, plan_of=none,
        cancelled=lambda _job, _run: False, clock=lambda: 0.0,
    )  # fmt: skip


async def make_topics(bootstrap: str, *topics: str) -> None:
    """Make topics where they are missing."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        letters = NewTopic(DEAD_LETTERS, TOPICS[DEAD_LETTERS].partitions, 1)
        await admin.create_topics([*(NewTopic(name, PARTITIONS, 1) for name in topics), letters])
    finally:
        await admin.close()
    await asyncio.sleep(0.5)


@asynccontextmanager
async def worker(
    bootstrap: str, court: Court, stages: Sequence[Stage], bench: Bench, *, instance: str | None = None,
    limits: Limits = USUAL, isolate: Isolate = no_child, make: Callable[[], Producer] | None = None,
    consumer_options: dict[str, Any] | None = None,
) -> AsyncIterator[list[StageConsumer]]:  # fmt: skip
    """Stages that run in this loop, joined; drained and left at the end."""
    connection = {"bootstrap_servers": bootstrap}
    outbox = Outbox(make or (lambda: real_producer(connection)), court.partitions())
    await outbox.start()
    sending = asyncio.create_task(outbox.run())
    consumers = [
        StageConsumer(
            each, bench, outbox, connection=connection | (consumer_options or {}), instance=instance,
            isolate=isolate, limits=limits,
        )
        for each in stages
    ]  # fmt: skip
    running = [asyncio.create_task(consumer.run()) for consumer in consumers]
    try:
        for consumer in consumers:
            await asyncio.wait_for(consumer.joined.wait(), 60)
        yield consumers
    finally:
        for consumer in consumers:
            consumer.stop()
        await asyncio.gather(*running)
        sending.cancel()
        await outbox.stop()


async def throw(bootstrap: str, balls: Sequence[Ball], *, compression: str | None = None) -> None:
    """Put balls on their topic, in this order, repeated ones too."""
    thrower = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=2, compression_type=compression
    )
    outbox = Outbox(lambda: thrower, {ball.topic: PARTITIONS for ball in balls})
    await thrower.start()
    try:
        sent = [
            await thrower.send(
                ball.topic, key=ball.key.encode(), value=envelope.value(ball), partition=outbox.partition(ball),
                headers=envelope.headers(ball, now=datetime.now(UTC)),
            )
            for ball in balls
        ]  # fmt: skip
        await asyncio.gather(*sent)
    finally:
        await thrower.stop()


async def records(bootstrap: str, topic: str, wanted: int, seconds: float) -> list[Any]:
    """Records of a topic from its beginning, until ``wanted`` distinct ids came or ``seconds`` have gone by."""
    reader = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None)
    await reader.start()
    found: list[Any] = []
    try:
        async with asyncio.timeout(seconds):
            while len({name_of(record) for record in found}) < wanted:
                for batch in (await reader.getmany(timeout_ms=300)).values():
                    found += batch
    except TimeoutError:
        pass
    finally:
        await reader.stop()
    return found


def name_of(record: Any) -> str:
    """The record's ``ce_id``."""
    return envelope.texts(record.headers).get("ce_id", "")
