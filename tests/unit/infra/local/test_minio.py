"""MinIO's settings: events are written down before a PUT is answered, and nobody outside is asked."""

from dataclasses import replace
from pathlib import Path

from infra.local import minio
from infra.local.memory import fresh

MEMORY = replace(fresh(), kafka_port=1111, controller_port=2222, minio_port=3333)
HOME = Path("/state/minio")


def test_events_are_synchronous_queued_on_disk_and_for_our_broker() -> None:
    env = minio.environment(MEMORY, HOME)
    assert env["MINIO_API_SYNC_EVENTS"] == "on"
    assert env["MINIO_NOTIFY_KAFKA_BROKERS_PRIMARY"] == MEMORY.address("kafka")
    assert env["MINIO_NOTIFY_KAFKA_TOPIC_PRIMARY"] == "media.uploads"
    assert Path(env["MINIO_NOTIFY_KAFKA_QUEUE_DIR_PRIMARY"]).is_relative_to(HOME)


def test_every_arn_names_a_target_that_is_told_broker_and_topic() -> None:
    env = minio.environment(MEMORY, HOME)
    for arn in minio.ARNS:
        target = arn.split(":")[-2]
        assert env[f"MINIO_NOTIFY_KAFKA_ENABLE_{target}"] == "on"
        assert env[f"MINIO_NOTIFY_KAFKA_TOPIC_{target}"] == minio.TOPIC
        assert env[f"MINIO_NOTIFY_KAFKA_BROKERS_{target}"] == MEMORY.address("kafka")


def test_one_target_keeps_events_and_the_other_sends_at_once() -> None:
    keeping = [name for name in minio.environment(MEMORY, HOME) if "QUEUE_DIR" in name]
    assert keeping == ["MINIO_NOTIFY_KAFKA_QUEUE_DIR_PRIMARY"]


def test_it_asks_nobody_outside() -> None:
    assert minio.environment(MEMORY, HOME)["MINIO_UPDATE"] == "off"


def test_it_listens_on_loopback_and_shows_no_secret_in_its_command() -> None:
    command = minio.command(Path("/cache/minio"), MEMORY, HOME)
    assert "127.0.0.1:3333" in command
    assert MEMORY.secret_key not in " ".join(command)
