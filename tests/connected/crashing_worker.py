"""A worker whose ``transcribe`` takes its process down on a job's third chunk, every time; ``child``: the child of one.

Each death leaves a line, ``worker`` or ``child``, in the file that ``DEATHS`` names in the environment.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from infra.settings import read
from processors.bench import Bench
from processors.stage import Stage
from streams import bootstrap_cluster, isolated
from streams.worker import work

DEATHS, THIRD = "DEATHS", 2
SESSION_SECONDS = 6.0
CHILD = (sys.executable, "-m", "tests.connected.crashing_worker", "child")


def crashing(stages: list[Stage], who: str) -> list[Stage]:
    """The stages, one of them deadly."""

    def deadly(stage: Stage) -> Stage:
        def run(event: Any, bench: Bench) -> Iterator[Any]:
            if event.index == THIRD:
                with Path(os.environ[DEATHS]).open("a") as file:
                    file.write(f"{who}\n")
                os._exit(9)
            yield from stage.run(event, bench)

        return replace(stage, run=run)

    return [deadly(each) if each.name == "transcribe" else each for each in stages]


async def main() -> None:
    """Until SIGTERM, or a death."""
    settings = read(os.environ)
    setup = await bootstrap_cluster.setup_worker(settings, (), "one")
    deadly = replace(
        setup, stages=crashing(list(setup.stages), "worker"), session=SESSION_SECONDS,
        isolate=isolated.launcher("cluster", settings, CHILD),
    )  # fmt: skip
    await work(deadly, partial(print, "ready", flush=True))


def child() -> None:
    """``streams.isolated`` as it is, but for the stage."""
    real = bootstrap_cluster.cluster_stages
    bootstrap_cluster.cluster_stages = lambda names=(): crashing(real(names), "child")
    isolated.main()


if __name__ == "__main__":
    child() if sys.argv[1:] == ["child"] else asyncio.run(main())
