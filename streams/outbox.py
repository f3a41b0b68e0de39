"""What goes out: one idempotent producer, ``acks=all``, in the order in which it was said; every ack is reported back.

An id that was acknowledged a short while ago is not said again by this process: a join told twice stays quiet.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas import envelope
from schemas.errors import ChalkstreamError, ErrorInfo, Unavailable
from schemas.events import Event
from schemas.ids import spread
from schemas.topics import DEAD_LETTERS
from streams.deadletters import Origin, letter_headers

Acknowledged = Callable[[ChalkstreamError | None], None]
REMEMBERED = 20_000


class Outbox:
    """``partitions``: how many each topic has."""

    def __init__(self, producer: AIOKafkaProducer, partitions: Mapping[str, int]) -> None:
        self._producer, self._partitions = producer, partitions
        self._queue: asyncio.Queue[tuple[dict[str, Any], str, Acknowledged]] = asyncio.Queue()
        self._said: OrderedDict[str, None] = OrderedDict()

    def publish(self, event: Event, acknowledged: Acknowledged) -> None:
        """Send ``event``; call back with None when it is durable, else with what is wrong."""
        if event.id in self._said:
            acknowledged(None)
            return
        record = {
            "topic": event.on, "key": event.key.encode(), "value": envelope.value(event),
            "headers": envelope.headers(event, now=datetime.now(UTC)), "partition": self.partition(event),
        }  # fmt: skip
        self._queue.put_nowait((record, event.id, acknowledged))

    def bury(self, origin: Origin, stage: str, attempt: int, error: ErrorInfo, acknowledged: Acknowledged) -> None:
        """Send a record to the dead letters."""
        record = {
            "topic": DEAD_LETTERS, "key": origin.key, "value": origin.value,
            "headers": letter_headers(origin, stage=stage, attempt=attempt, error=error),
        }  # fmt: skip
        self._queue.put_nowait((record, "", acknowledged))

    def partition(self, event: Event) -> int | None:
        """By job, or spread over all by index; None leaves it to the record's key."""
        count = self._partitions.get(event.on)
        if count is None or not event.by_job:
            return None
        return spread(event.job, getattr(event, event.spread_by) if event.spread_by else 0, count)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            record, event_id, acknowledged = await self._queue.get()
            try:
                future = await self._producer.send(**record)
            except (KafkaError, ValueError) as error:
                acknowledged(_away(error))
            else:
                future.add_done_callback(lambda done, i=event_id, a=acknowledged: self._acked(done, i, a))

    def _acked(self, done: "asyncio.Future[Any]", event_id: str, acknowledged: Acknowledged) -> None:
        error = None if done.cancelled() else done.exception()
        if done.cancelled() or error is not None:
            acknowledged(_away(error))
            return
        if event_id:
            self._said[event_id] = None
            while len(self._said) > REMEMBERED:
                self._said.popitem(last=False)
        acknowledged(None)


def _away(error: BaseException | None) -> Unavailable:
    return Unavailable(f"the broker did not take a record ({type(error).__name__})", "see 'chalkstream doctor'")
