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
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench import llama
from bench.asking import CHAT, Client, services, worker
from bench.words import word

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


def body(text: str) -> dict[str, Any]:
    """A request for as many tokens as all others."""
    return {"messages": [{"role": "user", "content": text}], "max_tokens": TOKENS}


async def through(bootstrap: str, pid: int, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """The same prompts from broker to broker, all waiting, then lone ones."""
    process, bodies = psutil.Process(pid), [body(text) for text in texts]

    async def ask(client: Client, some: Sequence[dict[str, Any]]) -> float:
        seconds, answers = await client.ask(some)
        assert all(answer["usage"]["completion_tokens"] == TOKENS for answer in answers), answers
        return seconds

    async with Client(bootstrap, CHAT) as client:
        await ask(client, bodies[:1])
        runs = []
        for _ in range(rounds):
            before = sum(process.cpu_times()[:2])
            wall = await ask(client, bodies)
            runs.append((wall, sum(process.cpu_times()[:2]) - before))
        lone = [await ask(client, bodies[:1]) for _ in range(LONE)]
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
    count = str(asked.instances)
    with (
        services(str(folder.resolve()), CHALKSTREAM_ENGINES__WORKERS=count) as environment,
        worker(environment, "chat") as process,
    ):
        at = environment["CHALKSTREAM_KAFKA__BOOTSTRAP"]
        ours = asyncio.run(through(at, process.pid, texts, asked.rounds))
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
