"""Chat from broker to broker against the bare model, in one run: ``python -m bench.chat``, one JSON on standard output.

A Llama of 148 M weights that says 32 tokens whatever is asked; the same prompts for all. Broker to broker: from the
first request's acknowledgement to the last answer read, by a plain aiokafka client, one worker with as many model
instances as the bare model. Wall seconds beside CPU seconds of the process that runs the model, for shared machines.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench import llama
from bench.words import word
from infra.local import services as local
from infra.local.ports import free_port

TOKENS, LONE, SEED = 32, 5, 5
CACHE = Path("bench/out/models")


def prompts(count: int) -> list[str]:
    """Questions of 8 to 24 words."""
    drawn = random.Random(SEED)
    return [" ".join(word(drawn.randrange(5_000)) for _ in range(drawn.randint(8, 24))) for _ in range(count)]


def bare(folder: Path, texts: Sequence[str], instances: int, rounds: int) -> dict[str, Any]:
    """``generate_batch`` itself: all at once, and one at a time."""
    import ctranslate2

    from processors.engines.prompts import Prompts

    known = Prompts(folder / "chat")
    tokens = [[known.token(each) for each in known.encode([("user", text)])] for text in texts]
    model = ctranslate2.Generator(str(folder / "chat"), compute_type="int8", inter_threads=instances, intra_threads=1)

    def run(asked: list[list[str]], size: int) -> tuple[float, float]:
        began, cpu = time.perf_counter(), time.process_time()
        found = model.generate_batch(asked, max_length=TOKENS, max_batch_size=size, include_prompt_in_result=False)
        assert all(len(each.sequences_ids[0]) == TOKENS for each in found)
        return time.perf_counter() - began, time.process_time() - cpu

    run(tokens[:1], 1)
    size = -(-len(tokens) // instances)
    walls, cpus = zip(*(run(tokens, size) for _ in range(rounds)), strict=True)
    few = tokens[: max(4, len(tokens) // 8)]
    alone_wall, alone_cpu = run(few, 1)
    lone = [run(tokens[:1], 1)[0] for _ in range(LONE)]
    total = len(tokens) * TOKENS
    return {
        "tokens_per_s": total / median(walls), "tokens_per_cpu_s": total / median(cpus),
        "one_at_a_time_tokens_per_s": len(few) * TOKENS / alone_wall,
        "one_at_a_time_tokens_per_cpu_s": len(few) * TOKENS / alone_cpu, "lone_ms": 1000 * median(lone),
    }  # fmt: skip


@contextmanager
def cluster(folder: Path, instances: int) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Services and one chat worker, ready."""
    with tempfile.TemporaryDirectory() as state:
        at = local.up(Path(state) / "services", kafka_port=free_port(), minio_port=free_port(), progress=print_err)
        told = {
            **os.environ, **at.settings(), "CHALKSTREAM_STATE": state, "CHALKSTREAM_MODELS": str(folder.resolve()),
            "CHALKSTREAM_ENGINES__WORKERS": str(instances),
        }  # fmt: skip
        command = [sys.executable, "-m", "streams"]
        subprocess.run([*command, "init"], env=told, check=True, stdout=subprocess.DEVNULL)
        worker = subprocess.Popen([*command, "worker", "chat"], env=told, stdout=subprocess.PIPE, text=True)
        try:
            assert worker.stdout and worker.stdout.readline() == "ready\n"
            yield at.bootstrap, worker
        finally:
            worker.terminate()
            worker.wait(60)
            local.down(Path(state) / "services")


def print_err(line: str) -> None:
    """Progress."""
    sys.stderr.write(f"{line}\n")


class Client:
    """A plain client with its reader at the end of the answers."""

    def __init__(self, bootstrap: str) -> None:
        self.producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
        self.reader = AIOKafkaConsumer("chat.responses", bootstrap_servers=bootstrap, fetch_max_wait_ms=100)

    async def ask(self, texts: Sequence[str]) -> float:
        """Seconds from the first request sent to the last answer read."""
        names, began = {uuid.uuid4().hex: text for text in texts}, time.perf_counter()
        for name, text in names.items():
            body = {"request": name, "messages": [{"role": "user", "content": text}], "max_tokens": TOKENS}
            await self.producer.send("chat.requests", json.dumps(body).encode())
        await self.producer.flush()
        while names:
            answer = json.loads((await self.reader.getone()).value)
            if names.pop(answer["request"], None):
                assert answer["usage"]["completion_tokens"] == TOKENS, answer
        return time.perf_counter() - began


async def through(bootstrap: str, worker: Any, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """The same prompts from broker to broker, all waiting, then lone ones."""
    client, process = Client(bootstrap), psutil.Process(worker.pid)
    await client.producer.start()
    await client.reader.start()
    try:
        await client.ask(texts[:1])
        runs = []
        for _ in range(rounds):
            before = sum(process.cpu_times()[:2])
            wall = await client.ask(texts)
            runs.append((wall, sum(process.cpu_times()[:2]) - before))
        lone = [await client.ask(texts[:1]) for _ in range(LONE)]
    finally:
        await client.producer.stop()
        await client.reader.stop()
    total = len(texts) * TOKENS
    return {
        "tokens_per_s": total / median(wall for wall, _ in runs),
        "tokens_per_cpu_s": total / median(cpu for _, cpu in runs), "lone_ms": 1000 * median(lone),
    }  # fmt: skip


def main() -> None:
    """See above."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--requests", type=int, default=64)
    told.add_argument("--instances", type=int, default=1)
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--layers", type=int, default=llama.LAYERS)
    asked = told.parse_args()
    folder, texts = llama.pack(CACHE, layers=asked.layers), prompts(asked.requests)
    before = os.getloadavg()[0]
    alone = bare(folder, texts, asked.instances, asked.rounds)
    with cluster(folder, asked.instances) as (bootstrap, worker):
        ours = asyncio.run(through(bootstrap, worker, texts, asked.rounds))
    again = bare(folder, texts, asked.instances, asked.rounds)
    print(
        json.dumps(figures(alone, ours, again) | {"load": [before, os.getloadavg()[0]], "asked": vars(asked)}, indent=1)
    )


def figures(alone: dict[str, Any], ours: dict[str, Any], again: dict[str, Any]) -> dict[str, Any]:
    """Ratios to the bare model, which runs before and after: a shared machine changes in between."""
    base = {name: (alone[name] + again[name]) / 2 for name in alone}
    return {
        "bare_before": alone, "broker_to_broker": ours, "bare_after": again,
        "of_bare": ours["tokens_per_s"] / base["tokens_per_s"],
        "of_bare_by_cpu": ours["tokens_per_cpu_s"] / base["tokens_per_cpu_s"],
        "over_one_at_a_time": ours["tokens_per_s"] / base["one_at_a_time_tokens_per_s"],
        "over_one_at_a_time_by_cpu": ours["tokens_per_cpu_s"] / base["one_at_a_time_tokens_per_cpu_s"],
        "lone_added_ms": ours["lone_ms"] - base["lone_ms"],
    }  # fmt: skip


if __name__ == "__main__":
    main()
