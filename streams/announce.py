"""Saying facts from outside a worker: the same envelope, partition and acknowledgement as a stage's outputs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from infra import kafka
from infra.settings import KafkaSettings
from schemas.errors import BadSettings, ChalkstreamError, Unavailable
from schemas.events import Event
from schemas.plan import Plan
from schemas.topics import TOPICS
from schemas.tracing import TRACEPARENT
from streams import worker
from streams.deadletters import Origin
from streams.outbox import Outbox
from streams.work import UNWATCHED


class Announcer:
    """Returns when the broker has everything."""

    def __init__(self, producer: AIOKafkaProducer, outbox: Outbox) -> None:
        self._producer, self._outbox = producer, outbox

    async def say(self, events: Sequence[Event], plan: Plan | None = None) -> None:
        """Publish facts, in the trace of their job; ``plan`` tells where that begins. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        acks: list[asyncio.Future[ChalkstreamError | None]] = [loop.create_future() for _ in events]
        for event, ack in zip(events, acks, strict=True):
            self._outbox.publish(event, ack.set_result, partial(dict, {TRACEPARENT: UNWATCHED.root(event, plan)}))
        for failed in await asyncio.gather(*acks):
            if failed is not None:
                raise failed

    async def repeat(self, origin: Origin) -> None:
        """A record as it was, to where it was. Raises Unavailable."""
        try:
            await self._producer.send_and_wait(
                origin.topic, key=origin.key, value=origin.value, headers=list(origin.headers),
                partition=origin.partition if origin.partition >= 0 else None,
            )  # fmt: skip
        except (KafkaError, AssertionError) as error:
            raise Unavailable(f"the broker did not take a record ({type(error).__name__})") from error


@asynccontextmanager
async def announcing(settings: KafkaSettings) -> AsyncIterator[Announcer]:
    """A producer for a while. Raises Unavailable, and BadSettings where ``init`` has not been run."""
    there = await kafka.partitions(settings, TOPICS)
    if missing := sorted(set(TOPICS) - set(there)):
        raise BadSettings(f"topics are missing: {', '.join(missing)}", "run 'chalkstream init' first")
    producer = worker.producer(kafka.connection(settings))
    outbox = Outbox(lambda: producer, there)
    await outbox.start()
    sending = asyncio.create_task(outbox.run())
    try:
        yield Announcer(producer, outbox)
    finally:
        sending.cancel()
        await outbox.stop()
