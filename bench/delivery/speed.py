"""Throughput of a no-op stage in one process, the latency of a hop on an idle broker, and what idling costs."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from tempfile import mkdtemp
from typing import Any

from bench.delivery.rig import Ball, Player, court, make_topics, nothing_bench, throw, worker
from processors.bench import Bench
from schemas.events import Event

LEAST_PER_SECOND, MOST_P50_MS, MOST_P99_MS = 3_000, 10.0, 30.0


async def no_op(bootstrap: str, events: int = 30_000) -> dict[str, Any]:
    """Events per second through a stage that does nothing, durable on both sides, from a full topic."""
    name, job = f"n{uuid.uuid4().hex[:8]}", str(uuid.uuid4())
    game = court(name)

    def run(event: Ball, _: Bench) -> Iterator[Event]:
        yield game.caught(job=event.job, number=event.number)

    await make_topics(bootstrap, *game.topics)
    await throw(bootstrap, [game.ball(job=job, number=number) for number in range(events)])
    stage = Player(game, Path(mkdtemp()) / "calls").stage(f"noop_{name}", run=run)
    began, cpu = time.perf_counter(), time.process_time()
    async with worker(bootstrap, game, [stage], nothing_bench()) as (consumer,):
        while consumer.finished == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        began, cpu, already = time.perf_counter(), time.process_time(), consumer.finished
        while consumer.finished < events:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
    done = events - already
    problems = [f"fewer than {LEAST_PER_SECOND} a second"] if done / took < LEAST_PER_SECOND else []
    return {
        "events": done, "seconds": took, "per_second": done / took, "per_cpu_second": done / cpu, "problems": problems,
    }  # fmt: skip


async def hop(bootstrap: str, events: int = 500, gap: float = 0.02) -> dict[str, Any]:
    """Milliseconds from a stage's word to the moment the next stage has it on a thread, one at a time."""
    name, job = f"h{uuid.uuid4().hex[:8]}", str(uuid.uuid4())
    game, loop, took = court(name), asyncio.get_running_loop(), list[float]()
    got: dict[int, asyncio.Future[float]] = {}

    def run(event: Ball, _: Bench) -> Iterator[Event]:
        loop.call_soon_threadsafe(got[event.number].set_result, time.perf_counter())
        yield from ()

    await make_topics(bootstrap, *game.topics)
    stage = Player(game, Path(mkdtemp()) / "calls").stage(f"hop_{name}", run=run)
    async with worker(bootstrap, game, [stage], nothing_bench()) as (consumer,):
        for number in range(events + 50):
            got[number] = loop.create_future()
            began = time.perf_counter()
            consumer.desk.say(game.ball(job=job, number=number))
            took.append((await asyncio.wait_for(got[number], 10) - began) * 1000)
            await asyncio.sleep(gap)
    steps = quantiles(took[50:], n=100)
    slow = steps[49] > MOST_P50_MS or steps[98] > MOST_P99_MS
    problems = [f"p50 over {MOST_P50_MS} ms or p99 over {MOST_P99_MS}"] if slow else []
    return {
        "events": events, "p50_ms": steps[49], "p99_ms": steps[98], "max_ms": max(took[50:]), "problems": problems,
    }  # fmt: skip
