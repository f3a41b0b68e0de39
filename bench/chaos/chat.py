"""``python -m bench.chaos.chat``: requests, half of them streamed, while a chat worker is killed every two seconds.

The model is a Llama with random weights that says as many tokens as are asked for. What a plain client finds on the
answer topics afterwards is judged; exit code 1 when anything is missing, told twice or told otherwise.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from bench import llama
from bench.asking import print_err, services
from bench.chaos.talks import Said, verdict
from bench.chat import CACHE, prompts

FORKED = multiprocessing.get_context("forkserver")
SESSION_SECONDS = 12.0
ANSWERS, DELTAS, LETTERS = "chat.responses", "chat.deltas", "dead.letters"


def begin(instance: str, joined: Path, environment: dict[str, str]) -> None:
    """A chat worker as the command makes it, with a shorter session; leaves the file ``joined``."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    asyncio.run(_work(instance, joined))
    os._exit(0)


async def _work(instance: str, joined: Path) -> None:
    from infra.settings import read
    from streams import bootstrap_cluster
    from streams.worker import work

    setup = await bootstrap_cluster.setup_worker(read(os.environ), ["chat"], instance)
    await work(replace(setup, session=SESSION_SECONDS), joined.touch)


class Crew:
    """``size`` workers under names that stay."""

    def __init__(self, folder: Path, environment: dict[str, str], size: int) -> None:
        self._folder, self._environment, self._started = folder, environment, 0
        self.kills, self.workers = 0, dict[str, tuple[Any, Path]]()
        for number in range(size):
            self._start(f"talk-{number}")

    def kill(self, order: random.Random) -> None:
        """Kill -9 one of those that have joined, and start it again."""
        ready = [name for name, (_, joined) in self.workers.items() if joined.exists()]
        if ready:
            name = order.choice(ready)
            process, _ = self.workers[name]
            process.kill()
            process.join()
            self.kills += 1
            self._start(name)

    def stop(self) -> None:
        """All of them."""
        for process, _ in self.workers.values():
            process.terminate()
        for process, _ in self.workers.values():
            process.join(45)
            process.kill()
            process.join()

    def _start(self, name: str) -> None:
        self._started += 1
        joined = self._folder / f"joined-{self._started}"
        process = FORKED.Process(target=begin, args=(name, joined, self._environment))
        process.start()
        self.workers[name] = (process, joined)


async def ask(bootstrap: str, texts: list[str], tokens: int) -> dict[str, bool]:
    """Request → whether it streams."""
    asked = {f"talk-{number:04d}": number % 2 == 0 for number in range(len(texts))}
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for (name, streams), text in zip(asked.items(), texts, strict=True):
            turns = [{"role": "user", "content": text}]
            body = {"request": name, "messages": turns, "stream": streams, "max_tokens": tokens}
            await producer.send("chat.requests", json.dumps(body).encode())
        await producer.flush()
    return asked


def read(bootstrap: str, topic: str) -> list[Said]:
    """All that stands there now, as kcat reads it."""
    command = ["kcat", "-C", "-b", bootstrap, "-t", topic, "-o", "beginning", "-e", "-q", "-f", r"%h\t%s\n"]
    lines = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout.splitlines()
    return [_said(topic, *line.split(b"\t", 1)) for line in lines]


def _said(topic: str, headers: bytes, value: bytes) -> Said:
    named = dict(pair.split("=", 1) for pair in headers.decode("utf-8", "replace").split(",") if "=" in pair)
    return Said(topic, named.get("ce_id", ""), value)


def run(asked: argparse.Namespace, environment: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """Ask, kill, wait, judge."""
    at = environment["CHALKSTREAM_KAFKA__BOOTSTRAP"]
    crew, order = Crew(folder, dict(environment), asked.workers), random.Random(7)
    try:
        while not all(joined.exists() for _, joined in crew.workers.values()):
            time.sleep(0.1)
        began = time.monotonic()
        names = asyncio.run(ask(at, prompts(asked.requests), asked.tokens))
        struck = looked = began
        answered = 0
        while answered < len(names) and time.monotonic() - began < asked.limit:
            if time.monotonic() - struck >= asked.every and time.monotonic() - began < asked.feed:
                crew.kill(order)
                struck = time.monotonic()
            if time.monotonic() - looked >= 5.0:
                looked = time.monotonic()
                answered = len({json.loads(each.value)["request"] for each in read(at, ANSWERS)})
                print_err(f"{answered} of {len(names)} answered, {crew.kills} kills")
            time.sleep(0.1)
        took = time.monotonic() - began
    finally:
        crew.stop()
    records = [*read(at, ANSWERS), *read(at, DELTAS)]
    letters = len(read(at, LETTERS))
    found = verdict(names, records) | {"dead_letters": letters}
    return {"requests": len(names), "kills": crew.kills, "seconds": round(took, 1), "records": len(records), **found}


def main() -> int:
    """The command."""
    told = argparse.ArgumentParser(prog="python -m bench.chaos.chat", description=__doc__)
    told.add_argument("--requests", type=int, default=500)
    told.add_argument("--workers", type=int, default=4)
    told.add_argument("--tokens", type=int, default=48)
    told.add_argument("--layers", type=int, default=2)
    told.add_argument("--depth", type=int, default=256)
    told.add_argument("--every", type=float, default=2.0)
    told.add_argument("--feed", type=float, default=120.0, help="seconds after which nobody is killed any more")
    told.add_argument("--limit", type=float, default=270.0)
    asked = told.parse_args()
    FORKED.set_forkserver_preload(["streams.bootstrap", "streams.worker", "ctranslate2", "boto3.session"])
    pack = llama.pack(CACHE, layers=asked.layers, depth=asked.depth)
    settings = {"CHALKSTREAM_ENGINES__WORKERS": "1", "OMP_NUM_THREADS": "1"}
    with services(str(pack.resolve()), **settings) as environment, tempfile.TemporaryDirectory() as folder:
        found = run(asked, environment, Path(folder))
    wrong = {
        name: found[name] for name in ("missing", "second", "two_texts", "failed", "unasked_streams", "dead_letters")
    }
    sys.stdout.write(json.dumps(found | {"load": os.getloadavg(), "asked": vars(asked)}, indent=1) + "\n")
    return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
