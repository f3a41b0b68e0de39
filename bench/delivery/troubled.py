"""A worker with all stages whose clients misbehave: ``python -m bench.delivery.troubled stutter|flaky FOLDER``.

Prints ``ready`` when it has joined; keeps a diary in FOLDER as those of ``bench.chaos`` do.
"""

import asyncio
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bench.chaos.worker import Diary, noted, with_diary
from bench.delivery.trouble import Flaky, FlakySession, Stutter
from infra.settings import read
from processors.bench import Bench
from streams import bootstrap_cluster
from streams.worker import producer, work


async def run(kind: str, folder: Path) -> None:
    """Work until told to stop."""
    note, told = Diary(folder).note, list[Any]()
    setup = await bootstrap_cluster.setup_worker(read(os.environ), (), None)

    def make() -> Any:
        told.append((Stutter if kind == "stutter" else Flaky)(producer(setup.connection)))
        return told[-1]

    def bench(control: Any) -> Bench:
        made: Any = setup.bench(control)
        if kind == "flaky":
            endpoint = made.store._client._endpoint  # the wire itself, below botocore's own retries
            endpoint.http_session = FlakySession(endpoint.http_session, note)
        return with_diary(made, note)

    stages = [stage if stage.name == "jobs" else noted(stage, note) for stage in setup.stages]
    await work(replace(setup, stages=stages, bench=bench, producer=make), partial(print, "ready", flush=True))
    for each in told:
        if isinstance(each, Stutter):
            note(f"said {each.said} sent {each.sent}")


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2])))
