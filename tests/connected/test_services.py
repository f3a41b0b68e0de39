"""`services up|down|status` with the real programs, seen through clients that nobody here wrote."""

import asyncio
import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from infra.local import minio, process
from infra.local import services as local
from infra.local.endpoints import Endpoints
from infra.local.ports import free_port, is_free

BUCKET = "inbox"


def s3(at: Endpoints) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=at.endpoint,
        aws_access_key_id=at.access_key,
        aws_secret_access_key=at.secret_key,
        region_name=at.region,
    )


def pids(state: Path) -> dict[str, int | None]:
    return {each.name: each.pid for each in local.status(state)}


def conditions(state: Path) -> dict[str, str]:
    return {each.name: each.condition for each in local.status(state)}


async def create_topic(at: Endpoints, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=at.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1)])
    finally:
        await admin.close()


async def uploads_until(at: Endpoints, wanted: set[str], seconds: float = 60) -> set[str]:
    """What MinIO told the topic, read until all the ``wanted`` came: it may tell one twice, and in any order."""
    consumer = AIOKafkaConsumer(minio.TOPIC, bootstrap_servers=at.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    seen: set[str] = set()
    try:
        async with asyncio.timeout(seconds):
            while not wanted <= seen:
                seen.add(json.loads((await consumer.getone()).value)["Key"])
    finally:
        await consumer.stop()
    return seen


def notify(at: Endpoints) -> Any:
    """The bucket, telling the topic of every object."""
    client = s3(at)
    client.create_bucket(Bucket=BUCKET)
    targets = [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]} for arn in minio.ARNS]
    client.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": targets}
    )
    return client


@pytest.fixture(scope="module")
def state(services: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A second installation beside the session's: what is done to one must not touch the other."""
    folder = tmp_path_factory.mktemp("own") / "with blanks é"
    yield folder
    local.down(folder)


@pytest.fixture(scope="module")
def own(state: Path) -> Endpoints:
    return local.up(state, kafka_port=free_port(), minio_port=free_port())


def test_up_returns_when_both_answer(own: Endpoints, state: Path) -> None:
    assert conditions(state) == {"kafka": "up", "minio": "up"}
    assert s3(own).list_buckets()["Buckets"] == []
    asyncio.run(create_topic(own, minio.TOPIC))


def test_up_again_is_the_same_answer_and_the_same_processes(own: Endpoints, state: Path) -> None:
    before = pids(state)
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(lambda _: local.up(state), range(2))) == [own, own]
    assert pids(state) == before


def test_uploads_reach_the_topic_even_those_made_while_the_broker_was_dead(own: Endpoints, state: Path) -> None:
    client = notify(own)
    client.put_object(Bucket=BUCKET, Key="before", Body=b"1")
    assert asyncio.run(uploads_until(own, {f"{BUCKET}/before"}))
    assert local.kill(state, "kafka")
    assert conditions(state) == {"kafka": "down", "minio": "up"}
    client.put_object(Bucket=BUCKET, Key="during", Body=b"2")
    local.start(state, "kafka")
    assert asyncio.run(uploads_until(own, {f"{BUCKET}/during"}))


def test_up_repairs_what_is_half_up(own: Endpoints, state: Path) -> None:
    before = pids(state)
    assert local.kill(state, "minio")
    assert local.up(state) == own
    after = pids(state)
    assert after["kafka"] == before["kafka"]
    assert after["minio"] not in (None, before["minio"])
    assert s3(own).get_object(Bucket=BUCKET, Key="during")["Body"].read() == b"2"


def test_a_stopped_process_is_silent_not_up(own: Endpoints, state: Path) -> None:
    local.kill(state, "minio", signal.SIGSTOP)
    try:
        assert conditions(state)["minio"] == "silent"
    finally:
        local.kill(state, "minio", signal.SIGCONT)
    assert conditions(state)["minio"] == "up"


def test_they_listen_on_loopback_only(own: Endpoints, state: Path) -> None:
    for pid in pids(state).values():
        assert pid is not None
        addresses = [each.laddr.ip for each in psutil.Process(pid).net_connections("inet") if each.status == "LISTEN"]
        assert addresses
        assert all(ip_address(address.removeprefix("::ffff:")).is_loopback for address in addresses)


def test_secrets_are_seen_in_no_command_line_and_no_log(own: Endpoints, state: Path) -> None:
    for each in local.status(state):
        assert each.pid is not None
        shown = " ".join(psutil.Process(each.pid).cmdline()) + Path(each.log).read_text(errors="replace")
        assert own.secret_key not in shown
    readable = [path for path in state.rglob("*.json") if "data" not in path.parts and path.stat().st_mode & 0o077]
    assert readable == []


def test_down_stops_what_it_started_and_nothing_else(own: Endpoints, state: Path, services: Endpoints) -> None:
    bystander = process.spawn(("/bin/sh", "-c", f"while :; do sleep 1; done # {state}"), {}, state / "other.log")
    began = time.monotonic()
    assert sorted(local.down(state)) == ["kafka", "minio"]
    assert time.monotonic() - began < 20
    assert process.alive(bystander)
    process.stop(bystander, 5)
    assert local.down(state) == []
    assert conditions(state) == {"kafka": "down", "minio": "down"}
    assert all(is_free(int(address.rpartition(":")[2])) for address in (own.bootstrap, own.endpoint))
    assert s3(services).list_buckets()


def test_the_next_up_has_the_same_addresses_secrets_and_data(own: Endpoints, state: Path) -> None:
    assert local.up(state) == own
    assert s3(own).get_object(Bucket=BUCKET, Key="before")["Body"].read() == b"1"
    assert asyncio.run(uploads_until(own, {f"{BUCKET}/before", f"{BUCKET}/during"}))


def sasl_options(at: Endpoints, password: str) -> dict[str, object]:
    assert at.sasl
    return {
        "bootstrap_servers": at.sasl.bootstrap,
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": at.sasl.mechanism,
        "sasl_plain_username": at.sasl.username,
        "sasl_plain_password": password,
    }


async def send(**options: Any) -> None:
    producer = AIOKafkaProducer(**options)
    try:
        await producer.start()
        await producer.send_and_wait("locked", b"hello")
    finally:
        await producer.stop()


def test_the_sasl_listener_lets_in_who_knows_the_password_and_nobody_else(services: Endpoints) -> None:
    assert services.sasl
    asyncio.run(create_topic(services, "locked"))
    asyncio.run(send(**sasl_options(services, services.sasl.password)))
    with pytest.raises(KafkaError):
        asyncio.run(send(**sasl_options(services, "wrong")))
