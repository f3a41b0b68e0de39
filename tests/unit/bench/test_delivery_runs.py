"""What the delivery runs are judged by, and the clients that misbehave for them."""

import asyncio
import contextlib
import random
from collections import Counter
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from botocore.exceptions import BotoCoreError

from bench.delivery.house import percentile
from bench.delivery.store_kills import Outages
from bench.delivery.trouble import MOST, WITHIN, Flaky, FlakySession, Stutter


class Sent:
    """A producer that remembers, and acknowledges at once."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def send(self, topic: str, **record: Any) -> "asyncio.Future[Any]":
        self.numbers.append(record["value"])
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def test_a_stutter_says_everything_one_to_five_times_within_a_hundred_and_acknowledges_it() -> None:
    count, real = 400, Sent()

    async def play() -> None:
        producer = Stutter(real)
        acks = [await producer.send("t", value=number) for number in range(count)]
        await producer.stop()
        await asyncio.wait_for(asyncio.gather(*acks), 5)

    asyncio.run(play())
    said = Counter(real.numbers)
    assert set(said) == set(range(count)) and max(said.values()) == MOST and min(said.values()) == 1
    first = {number: at for at, number in reversed(list(enumerate(real.numbers)))}
    assert [first[number] for number in range(count)] != sorted(first.values()), "shuffled"
    newest = 0
    for number in real.numbers:
        newest = max(newest, number)
        assert number >= newest - 2 * WITHIN


def test_a_flaky_producer_fails_and_lies_as_often_as_it_says() -> None:
    real, told = Sent(), Counter[str]()

    async def play() -> None:
        producer = Flaky(real, random.Random(1))
        for number in range(1_000):
            try:
                await (await producer.send("t", value=number))
                told["well"] += 1
            except KafkaTimeoutError:
                told["failed"] += 1

    asyncio.run(play())
    refused, lied = 1_000 - len(real.numbers), len(real.numbers) - told["well"]
    assert 70 < refused < 130 and 70 < lied < 130


def test_a_flaky_wire_does_what_it_says_it_did_not() -> None:
    done: list[Any] = []

    class Real:
        def send(self, request: Any) -> str:
            done.append(request)
            return "answer"

    notes = Counter[str]()
    session, well = FlakySession(Real(), lambda note: notes.update([note]), random.Random(1)), 0
    for number in range(1_000):
        with contextlib.suppress(BotoCoreError):
            well += session.send(number) == "answer"
    assert len(done) == 1_000 - notes["refused"] == well + notes["lied"]
    assert 70 < notes["lied"] < 130


def test_time_without_a_store_does_not_count() -> None:
    outages = Outages([(10.0, 15.0), (20.0, 22.0)])
    assert outages.without(0.0, 5.0) == 5.0
    assert outages.without(12.0, 21.0) == 5.0
    assert outages.without(0.0, 30.0) == 23.0


@pytest.mark.parametrize(("share", "rank"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_a_value_that_was_seen(share: float, rank: int) -> None:
    assert percentile([float(number) for number in range(1, 101)], share) == rank
