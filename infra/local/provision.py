"""The programs themselves: fetched or built once, into a cache outside the checkout, then only looked up.

Nothing is built twice: not by two processes at once (a lock) and not after a crash in the middle (a
finished build appears by one rename). A missing tool is named with the remedy, before any work.
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from infra.local import kafka, minio
from infra.local.lock import hold
from schemas.errors import Unavailable

Progress = Callable[[str], None]
"""Is given one line at a time for a person to read."""

JAVA = 17
REPORT_EVERY = 20.0
REMEDIES = {
    "java": f"install a Java runtime, version {JAVA} or later (Debian: apt-get install openjdk-17-jre-headless)",
    "mvn": "install Maven (Debian: apt-get install maven); it is needed once, to fetch Kafka",
    "go": "install Go 1.24 or later from its own site or your distribution; it is needed once, to build MinIO",
    "nice": "install coreutils",
}
POM_PARTS = {
    "org.apache.kafka:kafka_2.13": kafka.VERSION,
    "org.apache.kafka:kafka-tools": kafka.VERSION,
    "org.slf4j:slf4j-api": "2.0.17",
    "org.slf4j:slf4j-simple": "2.0.17",
}


@dataclass(frozen=True)
class Programs:
    """What the services are run with: Java itself, the folder of Kafka's jars, MinIO's program."""

    java: str
    jars: Path
    minio: Path


def programs(cache: Path, progress: Progress) -> Programs:
    """All programs; what is missing is made, both at the same time, once every tool for it is known to be there."""
    found = java()
    for name in needed(cache):
        tool(name)
    with ThreadPoolExecutor() as pool:
        binary, jars = pool.submit(minio_binary, cache, progress), pool.submit(kafka_jars, cache, progress)
        return Programs(found, jars.result(), binary.result())


def needed(cache: Path) -> list[str]:
    """The tools without which ``programs`` can't work: builders only while their result is not in the cache."""
    builders = {"mvn": kafka_entry(cache), "go": minio_entry(cache)}
    return ["java", *(name for name, entry in builders.items() if not entry.exists())]


def silent(line: str) -> None:
    """Progress for nobody."""


def tool(name: str, which: Callable[[str], str | None] = shutil.which) -> str:
    """The absolute path of a program, or an error that says how to get it."""
    found = which(name)
    if found is None:
        raise Unavailable(f"{name} is not installed, and the local services need it", REMEDIES[name])
    return str(Path(found).absolute())


def java_major(banner: str) -> int:
    """17 from ``openjdk version "17.0.15" …``; 8 from the old style ``"1.8.0_402"``; 0 if it says nothing."""
    found = re.search(r'version "(?:1\.)?(\d+)', banner)
    return int(found[1]) if found else 0


def java() -> str:
    """A Java that is new enough for Kafka 4."""
    path = tool("java")
    banner = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603 - ours
    major = java_major(banner)
    if major < JAVA:
        raise Unavailable(f"{path} is Java {major or 'of an unknown version'}, too old for Kafka", REMEDIES["java"])
    return path


def kafka_jars(cache: Path, progress: Progress = silent) -> Path:
    """The folder with Kafka's jars (~54 MB), fetched by Maven on first use."""

    def build(room: Path) -> None:
        (room / "pom.xml").write_text(pom(POM_PARTS))
        maven = (tool("mvn"), "-q", "-B", "-f", str(room / "pom.xml"), "dependency:copy-dependencies")
        run_build("Kafka", (*maven, "-DincludeScope=runtime", f"-DoutputDirectory={room / 'libs'}"), room, progress)

    return once(kafka_entry(cache), build, progress) / "libs"


def minio_binary(cache: Path, progress: Progress = silent) -> Path:
    """MinIO's program (~110 MB), compiled by Go on first use: some minutes."""

    def build(room: Path) -> None:
        go = (tool("go"), "install", "-ldflags", "-s -w", f"{minio.MODULE}@{minio.RELEASE}")
        run_build("MinIO", ("env", "CGO_ENABLED=0", f"GOBIN={room}", *go), room, progress)

    return once(minio_entry(cache), build, progress) / "minio"


def kafka_entry(cache: Path) -> Path:
    return cache / f"kafka-{kafka.VERSION}"


def minio_entry(cache: Path) -> Path:
    return cache / f"minio-{minio.RELEASE}"


def pom(parts: dict[str, str]) -> str:
    """The smallest Maven project that depends on ``parts`` (``group:artifact`` to version)."""
    dependencies = "".join(
        f"    <dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
        f"<version>{version}</version></dependency>\n"
        for (group, _, artifact), version in ((name.partition(":"), version) for name, version in parts.items())
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0">\n  <modelVersion>4.0.0</modelVersion>\n'
        "  <groupId>local</groupId><artifactId>services</artifactId><version>1</version>\n"
        f"  <dependencies>\n{dependencies}  </dependencies>\n</project>\n"
    )


def once(target: Path, build: Callable[[Path], None], progress: Progress) -> Path:
    """``target``, made by ``build`` in a room beside it if it is not there yet."""
    if target.exists():
        return target
    lock = target.with_name(f".{target.name}.lock")
    with hold(lock, lambda: progress(f"another process is building {target.name}; waiting for it")):
        if not target.exists():
            room = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
            try:
                build(room)
                room.rename(target)
            finally:
                shutil.rmtree(room, ignore_errors=True)
    return target


def run_build(what: str, command: Sequence[str], room: Path, progress: Progress) -> None:
    """Run a build at low priority; its output lies beside the cache entry for whoever must read it."""
    log = room.parent / f"build-{what.lower()}.log"
    progress(f"building {what}, once for this machine (log: {log})")
    start = time.monotonic()
    gently = (tool("nice"), "-n", "5", *command)
    with log.open("wb") as out, _started(gently, out) as running:
        while (code := _result(running)) is None:
            progress(f"still building {what}: {time.monotonic() - start:.0f} s")
    if code:
        last = "".join(log.read_text(errors="replace").strip().splitlines()[-1:])
        raise Unavailable(f"{what} could not be built: {last}", f"see {log}; the first build needs the network")
    progress(f"built {what} in {time.monotonic() - start:.0f} s")


def _started(command: Sequence[str], out: BinaryIO) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)  # noqa: S603 - ours, no shell


def _result(running: "subprocess.Popen[bytes]") -> int | None:
    try:
        return running.wait(REPORT_EVERY)
    except subprocess.TimeoutExpired:
        return None
