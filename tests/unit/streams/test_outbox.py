"""The outbox over a producer that is a value: acks reported back, nothing said twice, nothing raised."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError, MessageSizeTooLargeError, OutOfOrderSequenceNumber

from schemas.errors import Broken, ChalkstreamError, ErrorInfo, Unavailable
from schemas.events import Event, SpeechTranscribed
from schemas.topics import TOPICS
from schemas.transcript import Segment
from streams.outbox import Outbox
from tests.unit.streams.kit import JOB, cut, origin

Answer = BaseException | None


@dataclass
class FakeProducer:
    """Answers sends with ``outcomes`` in turn, then with success. ``at_send``: raised by the call itself."""

    outcomes: list[Answer] = field(default_factory=list)
    at_send: list[Answer] = field(default_factory=list)
    open: bool = False
    held: bool = False
    sent: list[dict[str, Any]] = field(default_factory=list)
    futures: list["asyncio.Future[Any]"] = field(default_factory=list)

    async def start(self) -> None:
        self.open = True

    async def stop(self) -> None:
        self.open = False

    async def send(self, topic: str, **record: Any) -> "asyncio.Future[Any]":
        assert self.open
        if self.at_send and (error := self.at_send.pop(0)) is not None:
            raise error
        self.sent.append({"topic": topic, **record})
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.futures.append(future)
        if not self.held:
            self.answer(future)
        return future

    def answer(self, future: "asyncio.Future[Any]") -> None:
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is None:
            future.set_result(None)
        else:
            future.set_exception(outcome)


def with_outbox(test: Callable[[Outbox], Coroutine[Any, Any, None]], *producers: FakeProducer) -> None:
    """Run ``test`` beside the outbox; each new producer is the next of ``producers``."""
    left = list(producers)

    async def run() -> None:
        outbox = Outbox(lambda: left.pop(0), {topic.name: topic.partitions for topic in TOPICS.values()})
        await outbox.start()
        sending = asyncio.create_task(outbox.run())
        try:
            await asyncio.wait_for(test(outbox), 5)
        finally:
            sending.cancel()
            await outbox.stop()

    asyncio.run(run())


async def said(outbox: Outbox, event: Event) -> ChalkstreamError | None:
    told: asyncio.Future[ChalkstreamError | None] = asyncio.get_running_loop().create_future()
    outbox.publish(event, told.set_result)
    return await told


def test_an_event_goes_to_its_partition_with_its_envelope() -> None:
    producer = FakeProducer()

    async def test(outbox: Outbox) -> None:
        assert await said(outbox, cut(3)) is None

    with_outbox(test, producer)
    (record,) = producer.sent
    assert (record["topic"], record["partition"], record["key"]) == ("media.chunks", 1, JOB.encode())
    assert dict(record["headers"])["ce_id"] == cut(3).id.encode()


def test_what_was_acknowledged_is_not_said_again() -> None:
    producer = FakeProducer()

    async def test(outbox: Outbox) -> None:
        assert [await said(outbox, cut(3)) for _ in range(3)] == [None, None, None]

    with_outbox(test, producer)
    assert len(producer.sent) == 1


def test_two_that_say_the_same_at_once_share_one_record_and_its_fate() -> None:
    producer = FakeProducer(outcomes=[KafkaTimeoutError()])

    async def test(outbox: Outbox) -> None:
        both = await asyncio.gather(said(outbox, cut(3)), said(outbox, cut(3)))
        assert [type(error) for error in both] == [Unavailable, Unavailable]
        assert await said(outbox, cut(3)) is None

    with_outbox(test, producer)
    assert len(producer.sent) == 2


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (KafkaTimeoutError(), Unavailable),
        (KafkaConnectionError(), Unavailable),
        (AssertionError("Unrecognized partition"), Unavailable),
        (TypeError("argument of type 'NoneType' is not iterable"), Unavailable),
        (MessageSizeTooLargeError(), Broken),
    ],
)
@pytest.mark.parametrize("where", ["at_send", "outcomes"])
def test_a_record_that_is_not_taken_is_an_answer_and_the_next_one_goes(
    error: BaseException, kind: type[ChalkstreamError], where: str
) -> None:
    async def test(outbox: Outbox) -> None:
        assert isinstance(await said(outbox, cut(1)), kind)
        assert await said(outbox, cut(2)) is None

    with_outbox(test, FakeProducer(**{where: [error]}))


def test_a_fact_too_large_for_its_topic_never_reaches_the_broker() -> None:
    """A refused batch breaks the numbering of an idempotent producer."""
    producer = FakeProducer()
    text = "x" * TOPICS["media.transcribed"].max_bytes
    event = SpeechTranscribed(
        job=JOB, index=0, start=0, end=1, language="en", segments=(Segment(start=0, end=1, text=text),)
    )

    async def test(outbox: Outbox) -> None:
        assert isinstance(await said(outbox, event), Broken)

    with_outbox(test, producer)
    assert producer.sent == []


def test_a_fact_that_can_not_be_written_is_an_answer() -> None:
    async def test(outbox: Outbox) -> None:
        assert isinstance(await said(outbox, cut(0, job="\ud800")), Broken)

    with_outbox(test, FakeProducer())


def test_a_producer_whose_numbering_broke_is_replaced() -> None:
    first, second = FakeProducer(outcomes=[OutOfOrderSequenceNumber()]), FakeProducer()

    async def test(outbox: Outbox) -> None:
        assert isinstance(await said(outbox, cut(1)), Unavailable)
        assert await said(outbox, cut(1)) is None

    with_outbox(test, first, second)
    assert (len(first.sent), len(second.sent), first.open) == (1, 1, False)


@pytest.mark.parametrize("value", [None, b"", b"x", b"x" * (3 << 20)])
@pytest.mark.parametrize("key", [None, b"", b"k"])
def test_any_record_can_be_buried(key: bytes | None, value: bytes | None) -> None:
    producer = FakeProducer()
    from dataclasses import replace

    async def test(outbox: Outbox) -> None:
        told: asyncio.Future[ChalkstreamError | None] = asyncio.get_running_loop().create_future()
        where = replace(origin(7), key=key, value=value, headers=(("ce_id", b"\xff"),))
        outbox.bury(where, "s", 1, ErrorInfo(code="internal", message="a\nb"), told.set_result)
        assert await told is None

    with_outbox(test, producer)
    (record,) = producer.sent
    assert record["key"] is not None or record["value"] is not None
    assert len(record["value"] or b"") < TOPICS["dead.letters"].max_bytes
    headers = dict(record["headers"])
    assert (headers["x-original-offset"], headers["ce_id"], headers["x-error-message"]) == (b"7", b"\xff", b"a b")
    assert ("x-truncated" in headers) == (len(value or b"") > 2 << 20)
