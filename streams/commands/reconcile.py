"""``reconcile``: starts what the store's notifications have lost; one line per job that it starts."""

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Final

from infra import uploads
from infra.buckets import UPLOADS
from schemas.errors import BadInput, Unavailable
from schemas.events import StoredObject
from streams.announce import Announcer, announcing
from streams.commands.reach import Reach, reach
from streams.reconciling import Reconciler, notification

AWAY_SECONDS: Final = 2.0
"""So soon it looks again where a look failed: what was not told of must not wait for a whole period more."""


def reconcile(every: float | None) -> int:
    """Once, or every so many seconds until stopped, however long a look takes."""
    from streams.bootstrap_cluster import cluster_bench

    here = reach()
    intake = cluster_bench(here.settings).intake
    if intake is None:
        raise BadInput("invalid_request", "this process takes no uploads")
    asyncio.run(_reconcile(here, Reconciler(here.store, intake, lambda: _listing(here)), every))
    return 0


async def _reconcile(here: Reach, reconciler: Reconciler, every: float | None) -> None:
    async with announcing(here.settings.kafka) as announcer:
        while True:
            due = None if every is None else time.monotonic() + every
            try:
                await _once(reconciler, announcer)
            except Unavailable as error:
                if every is None:
                    raise
                due = time.monotonic() + min(every, AWAY_SECONDS)
                sys.stderr.write(f"warning: {error}\n")
            if due is None:
                return
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _once(reconciler: Reconciler, announcer: Announcer) -> None:
    now = time.monotonic()
    for missing in await asyncio.to_thread(lambda: list(reconciler.look(now))):
        await announcer.repeat(notification(missing.stored))
        reconciler.told(missing, now)
        sys.stdout.write(f"{missing.job}\n")
        sys.stdout.flush()


def _listing(here: Reach) -> Iterator[tuple[StoredObject, str]]:
    return uploads.listing(here.client, UPLOADS)
