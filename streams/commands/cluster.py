"""``init`` and ``worker``: what a cluster is made of, and the processes that run in it."""

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from infra import buckets, decode, kafka
from infra.settings import read
from schemas.topics import TOPICS
from streams import logs

log = logging.getLogger(__name__)


def initialise() -> None:
    """Make what is missing and say so."""
    settings = read(os.environ)
    logs.for_people()
    made = [f"topic {name}" for name in asyncio.run(kafka.create_topics(settings.kafka, TOPICS.values()))]
    made += buckets.prepare(settings.store)
    sys.stdout.write("\n".join(f"made {what}" for what in made or ["nothing: all is there"]) + "\n")


def run_worker(stages: Sequence[str], instance: str | None) -> None:
    """Run until told to stop."""
    from streams import bootstrap_cluster
    from streams.observing import observe
    from streams.worker import work

    settings = read(os.environ)
    logs.for_workers()

    log.info("starting", extra={"stages": list(stages) or "all", "instance": instance})

    seen = observe(settings, os.environ)

    async def run() -> int:
        setup = await bootstrap_cluster.setup_worker(settings, stages, instance, seen)
        if any(stage.name == "demux" for stage in setup.stages):
            decode.prepare(always=True)
        return await work(setup, _say_ready)

    try:
        left = asyncio.run(run())
    finally:
        seen.close()
    log.info("stopped", extra={"threads_left": left})
    if left:
        os._exit(0)  # threads that could not be drained in time would hold up the exit; their work is done again


def _say_ready() -> None:
    log.info("ready")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
