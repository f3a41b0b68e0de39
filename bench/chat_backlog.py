"""Chat beside lectures on one broker: ``python -m bench.chat_backlog``. p99 with a backlog over p99 without.

The chat worker has one core to itself, in both arms, and the lecture worker another; Kafka and MinIO go where they
like. Requests come at a steady pace, whether those before are answered or not. The chat model is the
Llama of 148 M weights that ``bench.chat`` has (32 tokens each), or with ``--demo`` the demo pack's, whose answers take
50 ms, so that the machine's own jitter weighs more; lectures are always the demo pack's.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3

from bench import llama
from bench.asking import CHAT, Client, print_err, services, worker
from bench.chat import CACHE, body, prompts

QUESTIONS = ("What is a broker?", "What is a proof?", "What is a gradient?", "What is a partition?", "Hello")
LECTURE = Path(__file__).parents[1] / "demo" / "sample" / "lecture.mp4"
MEDIA = ("accept", "demux", "chunk", "identify", "transcribe", "assemble", "translate", "subtitle", "finish", "jobs")
PACE, DEMO_PACE, WARM = 3.0, 0.15, 20
"""Seconds; a third of what one core answers, so that what is measured is company and not a queue."""


def bodies(count: int, demo: bool) -> list[dict[str, Any]]:
    """Questions in turn."""
    if not demo:
        return [body(text) for text in prompts(count)]
    return [{"messages": [{"role": "user", "content": QUESTIONS[n % len(QUESTIONS)]}]} for n in range(count)]


def put(told: dict[str, str], count: int) -> None:
    """A backlog of lectures, as anyone would make it."""
    store = boto3.client(
        "s3", endpoint_url=told["CHALKSTREAM_STORE__ENDPOINT"], region_name="us-east-1",
        aws_access_key_id=told["CHALKSTREAM_STORE__ACCESS_KEY"],
        aws_secret_access_key=told["CHALKSTREAM_STORE__SECRET_KEY"],
    )  # fmt: skip
    for n in range(count):
        store.upload_file(str(LECTURE), "uploads", f"{n}.mp4", ExtraArgs={"Metadata": {"targets": "fr,es"}})


async def measure(bootstrap: str, count: int, demo: bool) -> dict[str, float]:
    """Latencies in ms."""
    pace = DEMO_PACE if demo else PACE
    async with Client(bootstrap, CHAT) as client:
        await client.paced(bodies(WARM, demo), pace)
        return quantiles(await client.paced(bodies(count, demo), pace))


def quantiles(took: Sequence[float]) -> dict[str, float]:
    """Half and 99 of a hundred, by rank."""
    ordered = sorted(took)
    return {"p50_ms": 1000 * ordered[len(ordered) // 2], "p99_ms": 1000 * ordered[int(0.99 * (len(ordered) - 1))]}


def main() -> None:
    """Without, with, and without again: a shared machine changes in between."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--requests", type=int, default=60)
    told.add_argument("--lectures", type=int, default=100)
    told.add_argument("--demo", action="store_true")
    asked = told.parse_args()
    chat_core, lecture_core = sorted(os.sched_getaffinity(0))[:2]
    with services("demo", CHALKSTREAM_ENGINES__WORKERS="1") as environment:
        at = environment["CHALKSTREAM_KAFKA__BOOTSTRAP"]
        model = "demo" if asked.demo else str(llama.pack(CACHE, layers=llama.LAYERS).resolve())
        with worker({**environment, "CHALKSTREAM_MODELS": model}, "chat", core=chat_core):
            with worker(environment, *MEDIA, core=lecture_core, drains=False):
                before = asyncio.run(measure(at, asked.requests, asked.demo))
                put(environment, asked.lectures)
                time.sleep(5)
                print_err("lectures are being worked on")
                beside = asyncio.run(measure(at, asked.requests, asked.demo))
            after = asyncio.run(measure(at, asked.requests, asked.demo))
    alone = min(before["p99_ms"], after["p99_ms"])
    found = {"before": before, "beside": beside, "after": after, "p99_ratio": beside["p99_ms"] / alone}
    print(json.dumps(found | {"load": os.getloadavg(), "asked": vars(asked)}, indent=1))


if __name__ == "__main__":
    main()
