"""How one Apache Kafka is run here: a combined KRaft node on loopback, small enough for a laptop.

Text and values only, except ``format_storage`` (once per state folder). The settings in ``BROKER`` are
what the system relies on; docker-compose.yml has the same.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.local import kafka_wire
from infra.local.daemon import Service
from infra.local.endpoints import SASL_MECHANISM
from infra.local.memory import Memory
from infra.local.ports import HOST
from schemas.errors import BadSettings, Broken

VERSION = "4.3.1"
DEFAULT_PORT = 9092
NODE = 1

BROKER: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": str(NODE),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAIN",
    "sasl.enabled.mechanisms": SASL_MECHANISM,
    # One node: whatever is replicated by default would wait for brokers that don't exist.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Files, threads and memory of a small machine.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "num.network.threads": "2",
    "num.io.threads": "4",
    # A group starts at once; a topic exists because `init` made it, never because of a typing error.
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    # After kill -9 the node may register again only when its old session has ended: with the default of
    # 9 s a restart took 13.5 s, with 3 s it takes 6.8 s.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}

ODD = frozenset(',:"\\\n')
"""Separators in Kafka's list of folders, in Java's class path and in its argument files."""

JVM = (
    *("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-Xss512k", "-XX:MaxDirectMemorySize=96m"),
    *("-XX:ReservedCodeCacheSize=96m", "-XX:+ExitOnOutOfMemoryError"),
)
LOGGING = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
)


def listeners(memory: Memory) -> dict[str, str]:
    """Listener name to address; ``SASL`` is there only when asked for."""
    ports = {"PLAIN": memory.kafka_port, "CONTROLLER": memory.controller_port}
    if memory.sasl_port is not None:
        ports["SASL"] = memory.sasl_port
    return {name: f"{HOST}:{port}" for name, port in ports.items()}


def properties(memory: Memory, home: Path) -> str:
    """The whole ``server.properties``."""
    addresses = {name: f"{name}://{address}" for name, address in listeners(memory).items()}
    own: dict[str, str] = {
        "listeners": ",".join(addresses.values()),
        "advertised.listeners": ",".join(value for name, value in addresses.items() if name != "CONTROLLER"),
        "listener.security.protocol.map": "PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT",
        "controller.quorum.voters": f"{NODE}@{HOST}:{memory.controller_port}",
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "log.dirs": str(home / "data"),
    }
    return "".join(f"{name}={escaped(value)}\n" for name, value in {**BROKER, **own}.items())


def escaped(value: str) -> str:
    """A value as Java reads it back from a properties file (Latin-1, backslash escapes)."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = [int.from_bytes(units[place : place + 2], "big") for place in range(0, len(units), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)


def command(java: str, jars: Path, home: Path) -> tuple[str, ...]:
    """The broker's command line; Java itself expands the ``*``."""
    return (java, *JVM, *LOGGING, "-cp", f"{jars}/*", "kafka.Kafka", str(home / "server.properties"))


def format_arguments(memory: Memory, jars: Path, home: Path) -> str:
    """What Java is to read from a file: so the user's password is never seen in a list of processes."""
    user = f"{SASL_MECHANISM}=[name={memory.sasl_username},password={memory.sasl_password}]"
    words = [
        *("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *LOGGING, "-cp", f"{jars}/*"),
        *("kafka.tools.StorageTool", "format", "--ignore-formatted", "--cluster-id", memory.cluster_id),
        *("--config", str(home / "server.properties"), "--add-scram", user),
    ]
    return "".join(f'"{word}"\n' for word in words)


def format_storage(java: str, arguments: Path, data: Path) -> None:
    """Give the data folder its cluster id and the SCRAM user; a formatted folder stays as it is."""
    if (data / "meta.properties").exists():
        return
    done = subprocess.run([java, f"@{arguments}"], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Broken("internal", f"Kafka could not format {data}: {''.join(last)}", "look at that folder, or remove it")


def service(java: str, jars: Path, memory: Memory, home: Path) -> Service:
    """The broker as it is wanted for this memory. Raises BadSettings for a folder whose name it can't be told."""
    for path in (jars, home):
        if odd := set(str(path)) & ODD:
            raise BadSettings(f"Kafka can't work in {path}: the name has {sorted(odd)}", "name another folder")
    return Service(
        name="kafka",
        home=home,
        command=command(java, jars, home),
        env={"LANG": "C.UTF-8"},
        files={
            "server.properties": properties(memory, home),
            "format.args": format_arguments(memory, jars, home),
        },
        prepare=lambda: format_storage(java, home / "format.args", home / "data"),
        answers=lambda: answers(memory),
    )


def answers(memory: Memory) -> bool:
    """Whether this installation's broker serves clients."""
    return kafka_wire.answers(memory.kafka_port, memory.cluster_id)
