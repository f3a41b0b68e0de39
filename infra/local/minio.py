"""How one MinIO is run here: a single drive on loopback that tells Kafka about every upload, twice.

Values only, except ``answers``. Of the two notification targets a bucket should name both (``ARNS``):
PRIMARY writes each event into a queue folder before the PUT is answered and sends it from there every 3 s
(a constant in MinIO), so it survives a dead broker and a missing topic; DIRECT sends at once and keeps nothing.
[ran] PUT to record: PRIMARY 0-3 s, DIRECT 20-40 ms. While the broker is dead DIRECT makes a PUT take 1-3 s
and answer 200 all the same; PRIMARY then delivers within 3 s of the broker's return, in any order, some twice.
MinIO starts, and takes bucket notifications, without broker and topic: nothing here waits for Kafka.
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
TARGETS = ("PRIMARY", "DIRECT")
ARNS = tuple(f"arn:minio:sqs::{target}:kafka" for target in TARGETS)
TOPIC = "media.uploads"

SERVER: Mapping[str, str] = {
    "MINIO_API_SYNC_EVENTS": "on",
    **{f"MINIO_NOTIFY_KAFKA_ENABLE_{target}": "on" for target in TARGETS},
    **{f"MINIO_NOTIFY_KAFKA_TOPIC_{target}": TOPIC for target in TARGETS},
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
        **{f"MINIO_NOTIFY_KAFKA_BROKERS_{target}": memory.address("kafka") for target in TARGETS},
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
