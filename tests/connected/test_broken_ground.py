"""The ground gives way: a topic deleted under workers, another number of partitions, a full disk, wrong keys.

What can't be mended by waiting is found by ``doctor``; what can is waited for, and nothing is lost meanwhile. Each
test breaks an installation of its own.
"""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from bench.delivery.rig import Player, court, make_topics, name_of, nothing_bench, records, worker
from infra.folder import FolderStore
from infra.local import services as local
from schemas import envelope
from tests.connected.conftest import installation, working
from tests.connected.site import Site, clip, eventually, has_ended

pytestmark = pytest.mark.slow
LITTLE = 96 << 20


@contextmanager
def small_disk(place: Path) -> Iterator[Callable[[], None]]:
    """A disk of its own at ``place``; gives what fills it, to the last byte; calling it again makes room."""
    place.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={LITTLE}", "tmpfs", place], check=False).returncode:
        pytest.skip("no disk can be mounted here: needs root, and a container that may")
    filler = place / "filler"

    def fill() -> None:
        if filler.exists():
            filler.unlink()
            return
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(1 << 16)):
                pass

    try:
        yield fill
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def ask(site: Site, what: Callable[[AIOKafkaAdminClient], object]) -> None:
    async def go() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=site.at.bootstrap)
        await admin.start()
        try:
            await what(admin)  # type: ignore[misc]
        finally:
            await admin.close()

    asyncio.run(go())


def test_a_topic_deleted_under_workers_is_found_and_made_again_and_a_new_run_ends(tmp_path: Path) -> None:
    with installation(tmp_path) as site, working(site) as running:
        first = site.put("first.wav", clip(40), targets="fr")
        site.job(first)
        ask(site, lambda admin: admin.delete_topics(["media.chunks"]))
        found = site.command("doctor")
        assert (found.code, "topics are missing: media.chunks" in found.out) == (1, True), found.out
        stuck = site.put("stuck.wav", clip(46), targets="fr")
        site.job(stuck, lambda status: status["state"] == "running")
        assert site.command("init").out == "made topic media.chunks\n"
        assert site.command("doctor").code == 0
        assert site.job(stuck, has_ended, 180)["state"] == "done"
        assert site.job(site.put("after.wav", clip(52), targets="fr"), has_ended, 60)["state"] == "done"
        assert running.poll() is None


def test_a_topic_with_another_number_of_partitions_is_found_and_not_touched(tmp_path: Path) -> None:
    with installation(tmp_path, init=False) as site:
        ask(site, lambda admin: admin.create_topics([NewTopic("media.speech", 13, 1)]))
        refused = eventually(lambda: done if (done := site.command("init")).code == 2 else None, "a refusal")
        assert len(refused.error_lines) == 1 and "media.speech has 13 partitions" in refused.err
        found = site.command("doctor")
        assert (found.code, "media.speech has 13 partitions, 12 are wanted" in found.out) == (1, True), found.out


def test_wrong_keys_lose_nothing_and_are_named_by_the_doctor(tmp_path: Path) -> None:
    with installation(tmp_path) as site:
        job = site.put("locked.wav", clip(40), targets="")
        wrong = {"CHALKSTREAM_STORE__SECRET_KEY": "wrong"}
        with working(site, **wrong) as locked:
            time.sleep(8)
            assert locked.poll() is None, "it waits for keys that fit"
        found = site.command("doctor", **wrong)
        assert (found.code, "the store" in found.out) == (1, True), found.out
        assert site.values("media.jobs") == [], "nothing was given up on"
        assert site.records("dead.letters") == []
        with working(site):
            assert site.job(job)["state"] == "done"
        assert site.at.sasl
        other = {**site.at.sasl_settings(), "CHALKSTREAM_KAFKA__PASSWORD": "wrong"}
        refused = site.command("worker", **other)
        assert (refused.code, len(refused.error_lines), "Traceback" in refused.err) == (1, 1, False), refused.err
        assert site.command("doctor", **other).code == 1


def test_a_full_disk_under_the_store_is_waited_for(tmp_path: Path) -> None:
    with small_disk(tmp_path / "services" / "minio" / "data") as fill, installation(tmp_path) as site:
        job = site.put("full.wav", clip(40), targets="fr")
        fill()
        with working(site) as running:
            time.sleep(10)
            assert [status for status in site.values("media.jobs") if has_ended(status)] == []
            assert running.poll() is None
            doctor = site.command("doctor")
            assert (doctor.code, "the store takes nothing" in doctor.out) == (1, True), doctor.out
            fill()
            assert site.job(job)["state"] == "done"
            assert "the store takes what it is given" in site.command("doctor").out
        assert site.records("dead.letters") == []


def test_a_full_disk_under_the_broker_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    game, state = court("full"), tmp_path / "services"
    with small_disk(state / "kafka" / "data") as fill, installation(tmp_path, init=False) as site:
        player = Player(game, tmp_path / "calls")
        stage, bench = player.stage("full_disk"), nothing_bench(FolderStore(tmp_path / "store"))

        async def play() -> int:
            await make_topics(site.at.bootstrap, *game.topics)
            async with worker(site.at.bootstrap, game, [stage], bench) as (consumer,):
                first = await throw_until_refused(site.at.bootstrap, range(200), full=None)
                acknowledged = await throw_until_refused(site.at.bootstrap, range(200, 100_000), full=fill)
                fill()
                await asyncio.to_thread(local.start, state, "kafka")
                acknowledged += await throw_until_refused(site.at.bootstrap, range(200_000, 200_100), full=None)
                caught = await records(site.at.bootstrap, game.topics[1], first + acknowledged, 90)
                assert consumer.finished
            return len({name_of(each) for each in caught}) - first - acknowledged

        async def throw_until_refused(bootstrap: str, numbers: range, full: Callable[[], None] | None) -> int:
            """How many were acknowledged."""
            thrower = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", request_timeout_ms=5_000)
            await thrower.start()
            count = 0
            try:
                for number in numbers:
                    if full and number == numbers[10]:
                        full()
                    ball = game.ball(job="j", number=number, note="")
                    headers = [
                        ("ce_type", ball.wire_type().encode()),
                        ("ce_id", ball.id.encode()),
                        ("pad", bytes(4_000)),
                    ]
                    await asyncio.wait_for(
                        thrower.send_and_wait(
                            game.topics[0], envelope.value(ball), partition=number % 12, headers=headers
                        ),
                        10,
                    )
                    count += 1
            except (KafkaError, TimeoutError):
                assert full, "a disk with room takes everything"
            finally:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(thrower.stop(), 5)
            return count

        assert asyncio.run(play()) >= 0
