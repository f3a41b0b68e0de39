"""What goes out: one idempotent producer, ``acks=all``, in the order in which it was said; every ack is reported back.

An id that this process has just said is not said again: a join told twice stays quiet, and two that say the same at
the same time share one record. Nothing raises here: what can't be said is an answer like any other. A producer whose
numbering is broken (aiokafka gives no way to mend it) is replaced by a new one.
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
)  # fmt: skip

from schemas import envelope
from schemas.errors import Broken, ChalkstreamError, ErrorInfo, Unavailable
from schemas.events import Event
from schemas.ids import spread
from schemas.topics import DEAD_LETTERS, TOPICS
from streams.deadletters import Origin, letter_headers
from streams.work import Carry

Acknowledged = Callable[[ChalkstreamError | None], None]
REMEMBERED = 20_000
ROOM = 4_096
"""Bytes of a batch that are not a record's value: its headers and the batch's own."""
STOP_SECONDS = 10.0
WORN = (OutOfOrderSequenceNumber, ProducerClosed, ProducerFenced, UnknownProducerId)
log = logging.getLogger(__name__)


class Producer(Protocol):
    """What is needed of ``AIOKafkaProducer``."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def send(self, topic: str, **record: Any) -> "asyncio.Future[Any]": ...


class Outbox:
    """``partitions``: how many each topic has. ``make``: a new producer, not started."""

    def __init__(self, make: Callable[[], Producer], partitions: Mapping[str, int]) -> None:
        self._make, self._partitions, self._producer, self._worn = make, partitions, make(), False
        self._queue: deque[tuple[dict[str, Any], str, Acknowledged]] = deque()
        self._more = asyncio.Event()
        self._said: OrderedDict[str, None] = OrderedDict()
        self._saying: dict[str, list[Acknowledged]] = {}

    async def start(self) -> None:
        """Connect. Raises Unavailable."""
        try:
            await self._producer.start()
        except (KafkaError, OSError) as error:
            await _quietly(self._producer.stop())
            raise Unavailable(
                f"the broker does not answer ({type(error).__name__})", "see 'chalkstream doctor'"
            ) from error

    async def stop(self) -> None:
        """Flush what the broker takes, as long as it takes it."""
        await _quietly(self._producer.stop())

    def publish(self, event: Event, acknowledged: Acknowledged, carry: Carry = dict) -> None:
        """Send ``event``; call back with None when it is durable, else with what is wrong.

        ``carry`` is asked for further headers when the event is really sent.
        """
        name = event.id
        if name in self._said:
            acknowledged(None)
        elif name in self._saying:
            self._saying[name].append(acknowledged)
        else:
            self._begin(event, name, acknowledged, carry)

    def bury(self, origin: Origin, stage: str, attempt: int, error: ErrorInfo, acknowledged: Acknowledged) -> None:
        """Send a record to the dead letters; of one that does not fit there, as much as does."""
        value = origin.value if origin.value is not None or origin.key is not None else b""
        cut = value is not None and len(value) > _room(DEAD_LETTERS)
        headers = letter_headers(origin, stage=stage, attempt=attempt, error=error)
        record = {
            "topic": DEAD_LETTERS, "key": origin.key, "value": value[: _room(DEAD_LETTERS)] if cut and value else value,
            "headers": [*headers, ("x-truncated", b"true")] if cut else headers,
        }  # fmt: skip
        self._put(record, "", acknowledged)

    def partition(self, event: Event) -> int | None:
        """By job, or spread over all by index; None leaves it to the record's key."""
        count = self._partitions.get(event.on)
        if count is None or not event.by_job:
            return None
        return spread(event.job, getattr(event, event.spread_by) if event.spread_by else 0, count)

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            while self._queue:
                if self._worn:
                    await self._renew()
                record, name, acknowledged = self._queue.popleft()
                await self._send(record, partial(self._acked, name, acknowledged))
            self._more.clear()
            await self._more.wait()

    def _begin(self, event: Event, name: str, acknowledged: Acknowledged, carry: Carry) -> None:
        try:
            record = self._record(event, carry())
        except Exception as error:
            acknowledged(Broken("internal", f"a fact can't be written ({type(error).__name__})", "please report it"))
            return
        if len(record["value"]) > _room(event.on):
            acknowledged(Broken("internal", f"a fact of {len(record['value'])} bytes is too large for {event.on}"))
            return
        self._saying[name] = []
        self._put(record, name, acknowledged)

    def _record(self, event: Event, carried: Mapping[str, str]) -> dict[str, Any]:
        return {
            "topic": event.on, "key": event.key.encode(), "value": envelope.value(event),
            "headers": envelope.headers(event, now=datetime.now(UTC), trace=carried),
            "partition": self.partition(event),
        }  # fmt: skip

    def _put(self, record: dict[str, Any], name: str, acknowledged: Acknowledged) -> None:
        self._queue.append((record, name, acknowledged))
        self._more.set()

    async def _send(self, record: dict[str, Any], acked: Callable[[BaseException | None], None]) -> None:
        try:
            future = await self._producer.send(**record)
        except Exception as error:  # no such partition is an AssertionError, no such topic a TypeError
            acked(error)
        else:
            future.add_done_callback(lambda done: acked(_outcome(done)))

    def _acked(self, name: str, acknowledged: Acknowledged, error: BaseException | None) -> None:
        self._worn = self._worn or isinstance(error, WORN)
        if name and error is None:
            self._said[name] = None
            if len(self._said) > REMEMBERED:
                self._said.popitem(last=False)
        for each in (acknowledged, *self._saying.pop(name, ())):
            each(None if error is None else _wrong(error))

    async def _renew(self) -> None:
        """A new producer; what the old one has not delivered comes back as failed, and is said again."""
        log.warning("the producer is replaced")
        old, self._producer, self._worn = self._producer, self._make(), False
        await _quietly(old.stop())
        try:
            await self._producer.start()
        except (KafkaError, OSError):
            self._worn = True
            await _quietly(self._producer.stop())
            await asyncio.sleep(1.0)


async def _quietly(stopping: Awaitable[None]) -> None:
    with contextlib.suppress(Exception):
        await asyncio.wait_for(stopping, STOP_SECONDS)


def _outcome(done: "asyncio.Future[Any]") -> BaseException | None:
    return asyncio.CancelledError() if done.cancelled() else done.exception()


def _room(topic: str) -> int:
    return TOPICS[topic].max_bytes - ROOM if topic in TOPICS else 1 << 20


def _wrong(error: BaseException) -> ChalkstreamError:
    if isinstance(error, MessageSizeTooLargeError):
        return Broken("internal", "a record is too large for its topic")
    return Unavailable(f"the broker did not take a record ({type(error).__name__})", "see 'chalkstream doctor'")
