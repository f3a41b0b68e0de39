"""Throughput while members of a group join and leave, beside that of the same members left alone."""

import asyncio
import contextlib
import time
import uuid
from pathlib import Path
from tempfile import mkdtemp

from bench.delivery.rig import Court, Player, court, make_topics, nothing_bench, records, throw, worker
from infra.folder import FolderStore
from streams.runtime import Limits

SESSION = 6.0
WORK_SECONDS = "0.01"
EVERY = 3.0
THROWN = 90_000
"""More than 205 s of all four threads at work take."""


async def churn(bootstrap: str, seconds: float = 180.0, calm: float = 20.0) -> dict[str, float]:
    """Two members stay; a third joins, and leaves, every three seconds. Each item takes 10 ms, two at a time each."""
    name, folder, job = f"c{uuid.uuid4().hex[:8]}", Path(mkdtemp()), str(uuid.uuid4())
    game = court(name)
    await make_topics(bootstrap, *game.topics)
    await throw(bootstrap, [game.ball(job=job, number=number, note=WORK_SECONDS) for number in range(THROWN)])
    player, store = Player(game, folder / "calls"), FolderStore(folder / "store")
    stay = [asyncio.create_task(_member(bootstrap, game, player, store, seconds + calm + 60)) for _ in range(2)]
    await asyncio.sleep(5)
    before = player.count()
    await asyncio.sleep(calm)
    steady = (player.count() - before) / calm
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
    return {
        "steady_per_second": steady, "churn_per_second": restless, "share": restless / steady, "moves": moves,
        "worked": there, "caught": caught,
    }  # fmt: skip


async def _member(bootstrap: str, game: Court, player: Player, store: FolderStore, stay: float) -> None:
    stage = player.stage(f"churn_{game.ball.fact.replace('-', '_')}")
    limits = Limits(slots=2, session=SESSION, high_water=64)
    async with worker(bootstrap, game, [stage], nothing_bench(store), limits=limits):
        await asyncio.sleep(stay)
