"""A worker process of the rig, for those who kill it: ``python -m bench.delivery.player BOOTSTRAP COURT FOLDER …``.

Prints ``ready`` when it has joined, and ends on SIGTERM as a worker does.
"""

import asyncio
import signal
import sys
from pathlib import Path

from bench.delivery.rig import Player, court, nothing_bench, worker
from infra.folder import FolderStore
from streams.runtime import Limits


async def play(bootstrap: str, name: str, folder: Path, instance: str | None, session: float) -> None:
    """Catch balls until told to stop."""
    game = court(name)
    player, stopping = Player(game, folder / "calls"), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    stage, bench = player.stage(f"group_{name}"), nothing_bench(FolderStore(folder / "store"))
    limits = Limits(slots=4, session=session, rebalance=30.0, drain=20.0)
    async with worker(bootstrap, game, [stage], bench, instance=instance, limits=limits):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stopping.wait()


if __name__ == "__main__":
    where, name, folder, instance, session = sys.argv[1:]
    asyncio.run(play(where, name, Path(folder), instance if instance != "-" else None, float(session)))
