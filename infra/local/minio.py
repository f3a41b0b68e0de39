"""How one MinIO is run here: a single drive on loopback that tells Kafka about every upload.

Values only, except ``answers``. With a queue folder MinIO starts, takes bucket notifications and keeps
events on disk while the broker is away or the topic is missing, and sends them when both are there
[ran: 5 of 5 events, ~3 s after the topic was made]. Hence nothing here waits for Kafka.
"""

import http.client
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from infra.local.daemon import Service
from infra.local.memory import Memory
from infra.local.ports import HOST

RELEASE = "v0.0.0-20260212201848-7aac2a2c5b7c"
"""The last public state of the community edition; its ``RELEASE.…`` tags are refused by the module proxy."""
MODULE = "github.com/minio/minio"
DEFAULT_PORT = 9000
ARN = "arn:minio:sqs::PRIMARY:kafka"
TOPIC = "media.uploads"

SERVER: Mapping[str, str] = {
    "MINIO_API_SYNC_EVENTS": "on",
    "MINIO_NOTIFY_KAFKA_ENABLE_PRIMARY": "on",
    "MINIO_NOTIFY_KAFKA_TOPIC_PRIMARY": TOPIC,
    "MINIO_UPDATE": "off",  # or it asks its maker's site for news at every start
}


def environment(memory: Memory, home: Path) -> dict[str, str]:
    """All that MinIO is told; it gets nothing from our own environment."""
    return {
        **SERVER,
        "HOME": str(home),
        "MINIO_BROWSER": "off",
        "MINIO_ROOT_USER": memory.access_key,
        "MINIO_ROOT_PASSWORD": memory.secret_key,
        "MINIO_NOTIFY_KAFKA_BROKERS_PRIMARY": f"{HOST}:{memory.kafka_port}",
        "MINIO_NOTIFY_KAFKA_QUEUE_DIR_PRIMARY": str(home / "queue"),
    }


def command(binary: Path, memory: Memory, home: Path) -> tuple[str, ...]:
    """The server's command line."""
    return (str(binary), "server", "--quiet", "--address", f"{HOST}:{memory.minio_port}", str(home / "data"))


def service(binary: Path, memory: Memory, home: Path) -> Service:
    """The store as it is wanted for this memory."""
    return Service(
        name="minio",
        home=home,
        command=command(binary, memory, home),
        env=environment(memory, home),
        files={},
        prepare=lambda: None,
        answers=lambda: answers(memory),
    )


def answers(memory: Memory, timeout: float = 2.0) -> bool:
    """Whether the store can read and write (``cluster`` asks for that; ``live`` says yes earlier)."""
    link = http.client.HTTPConnection(HOST, memory.minio_port, timeout=timeout)
    try:
        with suppress(OSError, http.client.HTTPException):
            link.request("GET", "/minio/health/cluster")
            return link.getresponse().status == http.client.OK
        return False
    finally:
        link.close()
