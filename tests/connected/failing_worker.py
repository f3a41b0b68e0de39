"""A worker whose ``transcribe`` fails once, with a bug's exception, on a job's third chunk; ``ready`` as any worker."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from infra.settings import read
from processors.bench import Bench
from processors.stage import Stage
from streams import bootstrap_cluster
from streams.observing import observe
from streams.worker import work

THIRD = 2


def failing_once(stage: Stage) -> Stage:
    """The stage, with a bug that is gone the second time."""
    failed: list[str] = []

    def run(event: Any, bench: Bench) -> Iterator[Any]:
        if event.index == THIRD and not failed:
            failed.append(event.id)
            raise ValueError("marmalade, as somebody may have said")
        yield from stage.run(event, bench)

    return replace(stage, run=run)


async def main() -> None:
    """Until SIGTERM."""
    settings = read(os.environ)
    seen = observe(settings, os.environ)
    setup = await bootstrap_cluster.setup_worker(settings, (), None, seen)
    stages = [failing_once(each) if each.name == "transcribe" else each for each in setup.stages]
    await work(replace(setup, stages=stages), partial(print, "ready", flush=True))
    seen.close()


if __name__ == "__main__":
    asyncio.run(main())
