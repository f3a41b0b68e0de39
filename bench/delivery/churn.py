"""Throughput while a third member of a group joins and leaves, beside that of three members left alone."""

import asyncio
import contextlib
import time
import uuid
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench.delivery.rig import Court, Player, court, make_topics, nothing_bench, records, throw, worker
from infra.folder import FolderStore
from streams.runtime import Limits

SESSION = 6.0
WORK_SECONDS = "0.01"
EVERY = 3.0
THROWN = 110_000
"""More than 240 s of all threads at work take."""
LEAST = 0.5


async def churn(bootstrap: str, seconds: float = 180.0, calm: float = 20.0) -> dict[str, Any]:
    """Three members for a while; then the third leaves, and one joins, and leaves, every three seconds. Each item takes
    10 ms, two at a time each."""
    name, folder, job = f"c{uuid.uuid4().hex[:8]}", Path(mkdtemp()), str(uuid.uuid4())
    game = court(name)
    await make_topics(bootstrap, *game.topics)
    await throw(bootstrap, [game.ball(job=job, number=number, note=WORK_SECONDS) for number in range(THROWN)])
    player, store = Player(game, folder / "calls"), FolderStore(folder / "store")
    stay = [asyncio.create_task(_member(bootstrap, game, player, store, seconds + calm + 60)) for _ in range(2)]
    third = asyncio.create_task(_member(bootstrap, game, player, store, calm + 15))
    await asyncio.sleep(10)
    before = player.count()
    await asyncio.sleep(calm)
    steady = (player.count() - before) / calm
    await third
    moves, began, before = 0, time.monotonic(), player.count()
    while time.monotonic() - began < seconds:
        guest = asyncio.create_task(_member(bootstrap, game, player, store, EVERY))
        await asyncio.sleep(2 * EVERY)
        await guest
        moves += 2
    restless = (player.count() - before) / (time.monotonic() - began)
    for task in stay:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*stay)
    there = player.count()
    caught = len({record.value for record in await records(bootstrap, game.topics[1], there, 20)})
    problems = [f"less than {LEAST} of steady throughput"] if restless < LEAST * steady else []
    problems += [f"{there - caught} lost"] if there > caught else []
    return {
        "steady_per_second": steady, "churn_per_second": restless, "share": restless / steady, "moves": moves,
        "worked": there, "caught": caught, "problems": problems,
    }  # fmt: skip


async def _member(bootstrap: str, game: Court, player: Player, store: FolderStore, stay: float) -> None:
    stage = player.stage(f"churn_{game.ball.fact.replace('-', '_')}")
    limits = Limits(slots=2, session=SESSION, high_water=64)
    async with worker(bootstrap, game, [stage], nothing_bench(store), limits=limits):
        await asyncio.sleep(stay)
