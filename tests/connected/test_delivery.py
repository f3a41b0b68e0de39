"""The delivery rules on the real broker: kills, stops, storms, repetition, replay, failing services.

Balls are thrown on a topic and caught by workers; a catch has an id and bytes that depend on the ball alone, and a
store that remembers what is finished. ``calls`` counts the model's.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.delivery.rig import Ball, Court, Player, court, make_topics, name_of, nothing_bench, records, throw, worker
from infra.folder import FolderStore
from infra.local import services as local
from infra.local.endpoints import Endpoints
from processors.bench import Bench
from schemas.errors import Unavailable
from schemas.events import Event
from streams.letters import letter
from streams.runtime import Limits
from tests.needs import tool

SESSION = 6.0
"""Seconds: the shortest session the broker allows."""
LONG = [pytest.mark.slow, pytest.mark.long]


@dataclass
class Game:
    """One test's court, folder and job."""

    at: Endpoints
    name: str
    folder: Path
    job: str

    @property
    def court(self) -> Court:
        return court(self.name)

    @property
    def player(self) -> Player:
        return Player(self.court, self.folder / "calls")

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.folder / "store")

    def calls(self) -> Counter[int]:
        path = self.folder / "calls"
        return Counter(map(int, path.read_text().split())) if path.exists() else Counter()

    def balls(self, count: int, note: str = "") -> list[Ball]:
        kind = self.court.ball
        return [kind(job=self.job, number=number, note=note) for number in range(count)]

    def throw(self, balls: list[Ball]) -> None:
        asyncio.run(throw(self.at.bootstrap, balls))

    def caught(self, wanted: int, seconds: float) -> dict[str, set[bytes]]:
        """Bytes by ce_id."""
        found: dict[str, set[bytes]] = defaultdict(set)
        for record in asyncio.run(records(self.at.bootstrap, self.court.topics[1], wanted, seconds)):
            found[name_of(record)].add(record.value)
        return found

    def start(self, instance: str = "-", session: float = 30.0) -> "subprocess.Popen[str]":
        started = subprocess.Popen(
            [sys.executable, "-m", "bench.delivery.player", self.at.bootstrap, self.name, str(self.folder), instance,
             str(session)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert started.stdout
        assert started.stdout.readline() == "ready\n"
        return started


@pytest.fixture
def game(services: Endpoints, tmp_path: Path) -> Game:
    name = f"g{uuid.uuid4().hex[:10]}"
    game = Game(services, name, tmp_path, str(uuid.uuid4()))
    asyncio.run(make_topics(services.bootstrap, *game.court.topics))
    return game


@pytest.fixture
def started(game: Game) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    running: list[subprocess.Popen[str]] = []

    def start(**how: Any) -> "subprocess.Popen[str]":
        running.append(game.start(**how))
        return running[-1]

    yield start
    for each in running:
        each.kill()
        each.wait()
        if each.stdout:
            each.stdout.close()


def all_the_same(caught: dict[str, set[bytes]]) -> bool:
    return all(len(values) == 1 for values in caught.values())


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_records_that_came_compressed_are_records(
    game: Game, started: Callable[..., "subprocess.Popen[str]"], codec: str
) -> None:
    asyncio.run(throw(game.at.bootstrap, game.balls(20), compression=codec))
    started()
    assert len(game.caught(20, 30)) == 20


def test_killed_with_items_in_flight_nothing_is_lost_and_nothing_done_twice(
    game: Game, started: Callable[..., "subprocess.Popen[str]"]
) -> None:
    count, kills, slots = 300, 4, 4
    game.throw(game.balls(count, "0.02"))
    workers = {name: started(instance=name) for name in ("a", "b")}
    for at in range(kills):
        name = "ab"[at % 2]
        before = sum(game.calls().values())
        wait_for(lambda before=before: sum(game.calls().values()) > before or sum(game.calls().values()) == count, 60)  # type: ignore[misc]
        workers[name].kill()
        workers[name].wait()
        workers[name] = started(instance=name)
    caught = game.caught(count, 60)
    assert (len(caught), all_the_same(caught)) == (count, True)
    assert count <= sum(game.calls().values()) <= count + kills * slots


def test_sigterm_drains_what_is_in_hand_and_the_next_worker_does_not_do_it_again(
    game: Game, started: Callable[..., "subprocess.Popen[str]"]
) -> None:
    game.throw(game.balls(12, "1.0"))
    first = started()
    wait_for(lambda: sum(game.calls().values()) >= 4, 60)
    begun = sum(game.calls().values())
    first.send_signal(signal.SIGTERM)
    first.send_signal(signal.SIGTERM)
    assert first.wait(15) == 0
    assert sum(game.calls().values()) <= begun + 4
    started()
    assert len(game.caught(12, 30)) == 12
    assert set(game.calls().values()) == {1}


def test_stopped_past_its_session_and_woken_again_the_output_is_unchanged(
    game: Game, started: Callable[..., "subprocess.Popen[str]"]
) -> None:
    game.throw(game.balls(24, "0.5"))
    sleeper = started(session=SESSION)
    wait_for(lambda: sum(game.calls().values()) >= 4, 60)
    sleeper.send_signal(signal.SIGSTOP)
    other = started(session=SESSION)
    caught = game.caught(24, 40)
    sleeper.send_signal(signal.SIGCONT)
    time.sleep(4)
    for each in (sleeper, other):
        each.send_signal(signal.SIGTERM)
        assert each.wait(30) == 0
    again = game.caught(24, 5)
    assert (len(caught), again.keys(), all_the_same(again)) == (24, caught.keys(), True)
    assert sum(game.calls().values()) <= 24 + 4


def test_an_item_longer_than_poll_interval_and_session_is_delivered_once_without_a_rebalance(game: Game) -> None:
    game.throw(game.balls(1, str(SESSION + 3)))

    async def play() -> int:
        options = {"max_poll_interval_ms": 5_000}
        stage, bench = game.player.stage(f"group_{game.name}"), nothing_bench(game.store)
        limits = Limits(session=SESSION)
        async with worker(
            game.at.bootstrap, game.court, [stage], bench, limits=limits, consumer_options=options
        ) as (member,):  # fmt: skip
            await records(game.at.bootstrap, game.court.topics[1], 1, 30)
            return member.moves

    assert asyncio.run(play()) == 1
    assert (len(game.caught(1, 5)), game.calls()) == (1, Counter({0: 1}))


@pytest.mark.parametrize("seconds", [10, pytest.param(180, marks=LONG)])
def test_members_come_and_go_and_nothing_is_lost(game: Game, seconds: int) -> None:
    count = 100 * seconds

    async def member(number: int, stay: float) -> None:
        stage, bench = game.player.stage(f"group_{game.name}"), nothing_bench(game.store)
        async with worker(game.at.bootstrap, game.court, [stage], bench, limits=Limits(slots=2, session=SESSION)):
            await asyncio.sleep(stay)

    async def play() -> None:
        staying = asyncio.create_task(member(0, seconds + 10))
        for number in range(1, seconds // 3 + 1):
            await asyncio.gather(member(number, 2.0), asyncio.sleep(3.0))
        await staying

    game.throw(game.balls(count))
    asyncio.run(play())
    caught = game.caught(count, 20)
    assert (len(caught), all_the_same(caught)) == (count, True)
    assert sum(game.calls().values()) <= 1.05 * count


def test_every_event_once_to_five_times_shuffled_ends_in_the_same_bytes(game: Game) -> None:
    count, order = 400, random.Random(6)
    many = [
        (at + order.uniform(0, 100), ball)
        for at, ball in enumerate(game.balls(count))
        for _ in range(order.randint(1, 5))
    ]
    game.throw([ball for _, ball in sorted(many, key=lambda pair: pair[0])])

    async def play() -> None:
        stage, bench = game.player.stage(f"group_{game.name}"), nothing_bench(game.store)
        async with worker(game.at.bootstrap, game.court, [stage], bench) as (consumer,):
            await records(game.at.bootstrap, game.court.topics[1], count, 30)
            while consumer.in_flight:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    asyncio.run(play())
    caught = game.caught(count, 10)
    assert (len(caught), all_the_same(caught)) == (count, True)
    assert sum(game.calls().values()) <= 1.01 * count


def test_a_replay_of_the_whole_log_gives_the_same_bytes_and_calls_no_model(game: Game) -> None:
    count = 200
    game.throw(game.balls(count))

    async def play(group: str) -> None:
        stage, bench = game.player.stage(group), nothing_bench(game.store)
        async with worker(game.at.bootstrap, game.court, [stage], bench) as (consumer,):
            await asyncio.sleep(1)
            while consumer.in_flight or consumer.finished < count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(play(f"one_{game.name}"), 30))
    first = game.caught(count, 10)
    asyncio.run(asyncio.wait_for(play(f"two_{game.name}"), 30))
    found = asyncio.run(records(game.at.bootstrap, game.court.topics[1], count + 1, 5))
    assert len(found) == 2 * count
    assert {name_of(record) for record in found} == first.keys()
    assert all({record.value} == first[name_of(record)] for record in found)
    assert sum(game.calls().values()) == count


class FlakyStore(FolderStore):
    """One call in ten fails, one in ten succeeds and says that it failed."""

    order = random.Random(7)

    def exists(self, bucket: str, key: str) -> bool:
        return self._maybe(lambda: FolderStore.exists(self, bucket, key))

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        return self._maybe(lambda: FolderStore.create(self, bucket, key, data))

    def _maybe(self, act: Callable[[], bool]) -> bool:
        luck = self.order.random()
        if luck < 0.1:
            raise Unavailable("the store is away")
        done = act()
        if luck < 0.2:
            raise Unavailable("the store answered too late")
        return done


class FlakyProducer:
    """The same for sends, around the real producer."""

    def __init__(self, real: Any) -> None:
        self._real, self._order = real, random.Random(8)

    async def start(self) -> None:
        await self._real.start()

    async def stop(self) -> None:
        await self._real.stop()

    async def send(self, topic: str, **record: Any) -> "asyncio.Future[Any]":
        luck = self._order.random()
        if luck < 0.1:
            raise Unavailable("refused")
        sent = await self._real.send(topic, **record)
        if luck < 0.2:
            await sent
            failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            failed.set_exception(Unavailable("delivered, and told otherwise"))
            return failed
        return sent


def test_a_store_and_a_broker_that_fail_and_lie_one_time_in_ten_delay_and_lose_nothing(game: Game) -> None:
    from streams.worker import producer

    count = 15
    game.throw(game.balls(count))

    async def play() -> None:
        stage, bench = game.player.stage(f"group_{game.name}"), nothing_bench(FlakyStore(game.folder / "store"))
        connection = {"bootstrap_servers": game.at.bootstrap}
        async with worker(
            game.at.bootstrap, game.court, [stage], bench, make=lambda: FlakyProducer(producer(connection))
        ) as (consumer,):  # fmt: skip
            while consumer.finished < count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(play(), 90))
    caught = game.caught(count, 5)
    assert (len(caught), all_the_same(caught)) == (count, True)


def test_poison_is_buried_refusals_are_told_and_the_others_go_on(game: Game) -> None:
    notes = {3: "crash", 5: "refuse"}
    balls = [ball.model_copy(update={"note": notes.get(ball.number, "")}) for ball in game.balls(10)]

    async def play() -> list[Any]:
        stage, bench = game.player.stage(f"group_{game.name}"), nothing_bench(game.store)
        async with worker(game.at.bootstrap, game.court, [stage], bench) as (consumer,):
            await garbage(game)
            while consumer.finished < 10 + len(GARBAGE):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return await records(game.at.bootstrap, "dead.letters", 10_000, 4)

    game.throw(balls)
    letters = [dict(letter.headers) for letter in asyncio.run(asyncio.wait_for(play(), 60))]
    mine = [letter for letter in letters if letter["x-original-topic"].decode() == game.court.topics[0]]
    assert len(game.caught(10, 10)) == 10
    codes = Counter(letter["x-error-code"].decode() for letter in mine)
    assert codes == Counter(internal=1, unknown_version=1, invalid_request=len(GARBAGE) - 1)


GARBAGE: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]] = [
    (b"k", b"not json", [("ce_type", b"TYPE")]),
    (b"k", b"", [("ce_type", b"TYPE")]),
    (b"k", None, [("ce_type", b"TYPE")]),
    (None, b"\xff\x00\xfe", [("ce_type", b"\xff\xfe"), ("ce_id", b"\x00")]),
    (b"k", b"{}", [("ce_type", b"TYPE9")]),
    (b"k", b"[" * 50_000, [("ce_type", b"TYPE")]),
    (b"k", b'{"job": "x", "number": 1e999}', [("ce_type", b"TYPE")]),
    (b"k", b"x" * 900_000, []),
]


async def garbage(game: Game) -> None:
    from aiokafka import AIOKafkaProducer

    wire = game.court.ball.wire_type().encode()
    async with AIOKafkaProducer(bootstrap_servers=game.at.bootstrap, max_request_size=2 << 20) as thrower:
        for key, value, headers in GARBAGE:
            told = [(name, each.replace(b"TYPE9", wire + b"9").replace(b"TYPE", wire)) for name, each in headers]
            await thrower.send_and_wait(game.court.topics[0], value, key=key, headers=told)


def test_a_header_whose_name_is_no_text_is_buried_and_nothing_beside_it_is_lost(game: Game) -> None:
    """aiokafka raises on such a record each time it reads it, so the letter can only say where it stands."""

    async def play() -> list[Any]:
        stage, bench = game.player.stage(f"group_{game.name}"), nothing_bench(game.store)
        async with worker(game.at.bootstrap, game.court, [stage], bench) as (consumer,):
            while consumer.finished < 61:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return await records(game.at.bootstrap, "dead.letters", 10_000, 4)

    balls = game.balls(60)
    game.throw(balls[:30])
    topic = ["-t", game.court.topics[0], "-p", "3"]
    before = offset(game, 3)
    poison = [tool("kcat"), "-P", "-b", game.at.bootstrap, *topic, "-H", os.fsdecode(b"\xff\xfe=1")]
    subprocess.run(poison, input=b"poison", check=True)
    game.throw(balls[30:])
    letters = [letter(each) for each in asyncio.run(asyncio.wait_for(play(), 60))]
    (mine,) = [each for each in letters if each.origin.topic == game.court.topics[0]]
    assert (mine.origin.partition, mine.origin.offset, mine.code) == (3, before, "invalid_request")
    assert "header" in mine.message
    assert len(game.caught(60, 10)) == 60


def offset(game: Game, partition: int) -> int:
    """Of the next record."""

    async def ask() -> int:
        async with AIOKafkaConsumer(bootstrap_servers=game.at.bootstrap) as reader:
            (end,) = (await reader.end_offsets([TopicPartition(game.court.topics[0], partition)])).values()
            return int(end)

    return asyncio.run(ask())


@pytest.mark.parametrize(("count", "kills"), [(1_500, 1), pytest.param(10_000, 10, marks=LONG)])
def test_a_broker_killed_and_started_again_loses_nothing_and_keeps_the_order(
    game: Game, services_state: Path, count: int, kills: int
) -> None:
    order: dict[str, list[int]] = defaultdict(list)
    jobs = [str(uuid.uuid4()) for _ in range(10)]

    def run(event: Ball, _: Bench) -> Iterator[Event]:
        if event.number not in order[event.job][-1:]:
            order[event.job].append(event.number)
        time.sleep(0.001)
        yield game.court.caught(job=event.job, number=event.number)

    async def play() -> None:
        stage, bench = game.player.stage(f"group_{game.name}", run=run, ordered=True), nothing_bench(game.store)
        async with worker(game.at.bootstrap, game.court, [stage], bench, limits=Limits(slots=2)) as (consumer,):
            for at in range(kills):
                while consumer.finished < (at + 0.3) * count / kills:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await asyncio.to_thread(local.kill, services_state, "kafka")
                await asyncio.to_thread(local.start, services_state, "kafka")
            while consumer.finished < count:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    kind = type("Ordered", (game.court.ball,), {"fact": game.court.ball.fact, "spread_by": None})
    game.throw([kind(job=jobs[at % 10], number=at // 10) for at in range(count)])
    asyncio.run(asyncio.wait_for(play(), 60 + 30 * kills))
    caught = game.caught(count, 10)
    assert (len(caught), all_the_same(caught)) == (count, True)
    for numbers in order.values():
        first_times = list(dict.fromkeys(numbers))
        assert first_times == sorted(first_times)
