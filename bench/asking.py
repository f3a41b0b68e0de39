"""A plain client of the request topics, and the services and workers that answer it: what benches of requests share."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from infra.local import services as local
from infra.local.ports import free_port

CHAT, IMAGES = ("chat.requests", "chat.responses"), ("image.requests", "image.results")
COMMAND = (sys.executable, "-m", "streams")


@contextmanager
def services(models: str, **settings: str) -> Iterator[dict[str, str]]:
    """Kafka and MinIO of their own, ``init`` done; the environment of workers. SIGTERM stops them too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="asking-") as state:
        at = local.up(Path(state) / "services", kafka_port=free_port(), minio_port=free_port(), progress=print_err)
        try:
            told = {**os.environ, **at.settings(), "CHALKSTREAM_STATE": state, "CHALKSTREAM_MODELS": models, **settings}
            subprocess.run([*COMMAND, "init"], env=told, check=True, stdout=subprocess.DEVNULL)
            yield told
        finally:
            local.down(Path(state) / "services")


@contextmanager
def worker(
    told: Mapping[str, str], *stages: str, core: int | None = None, drains: bool = True
) -> Iterator["subprocess.Popen[str]"]:
    """One worker, ready; on one ``core`` alone if told so, and killed at the end unless it ``drains``."""
    pin = None if core is None else partial(os.sched_setaffinity, 0, {core})
    process = subprocess.Popen(
        [*COMMAND, "worker", *stages], env=dict(told), stdout=subprocess.PIPE, text=True, preexec_fn=pin
    )  # fmt: skip
    try:
        assert process.stdout and process.stdout.readline() == "ready\n"
        yield process
    finally:
        (process.terminate if drains else process.kill)()
        process.wait(60)


def print_err(line: str) -> None:
    """Progress."""
    sys.stderr.write(f"{line}\n")


class Client:
    """Asks on one topic, with its reader at the end of the other."""

    def __init__(self, bootstrap: str, topics: tuple[str, str]) -> None:
        self._topic = topics[0]
        self.producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
        self.reader = AIOKafkaConsumer(topics[1], bootstrap_servers=bootstrap, fetch_max_wait_ms=100)

    async def __aenter__(self) -> Self:
        await self.producer.start()
        await self.reader.start()
        await self.reader.seek_to_end()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.producer.stop()
        await self.reader.stop()

    async def ask(self, bodies: Sequence[Mapping[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
        """Seconds from the first request sent to the last answer read, and the answers."""
        began, names, answers = time.perf_counter(), set[str](), list[dict[str, Any]]()
        for body in bodies:
            names.add(await self.send(body))
        await self.producer.flush()
        while names:
            answer = await self.answer()
            if answer["request"] in names:
                names.remove(answer["request"])
                answers.append(answer)
        return time.perf_counter() - began, answers

    async def send(self, body: Mapping[str, Any]) -> str:
        """One request; its id."""
        name = uuid.uuid4().hex
        await self.producer.send(self._topic, json.dumps({"request": name, **body}).encode())
        return name

    async def answer(self) -> dict[str, Any]:
        """The next one, whosever it is."""
        found: dict[str, Any] = json.loads((await self.reader.getone()).value)
        return found

    async def paced(self, bodies: Sequence[Mapping[str, Any]], seconds: float) -> list[float]:
        """One request every so many seconds, whether those before are answered or not; how long each took."""
        sent, took = dict[str, float](), list[float]()

        async def read() -> None:
            while len(took) < len(bodies):
                answer = await self.answer()
                if (began := sent.pop(answer["request"], None)) is not None:
                    assert not answer.get("error"), answer
                    took.append(time.perf_counter() - began)

        reading = asyncio.create_task(read())
        for body in bodies:
            began = time.perf_counter()
            sent[await self.send(body)] = began
            await asyncio.sleep(max(0.0, seconds - (time.perf_counter() - began)))
        await reading
        return took
