"""Taking a job away: a mark first, so that nothing starts it again, then everything else, and once more a while later.

What a worker had in hand may still write when all seems gone; so a note in ``state`` is kept until a second look, by
whichever gateway is there then.
"""

import asyncio
import logging
from typing import Final

from processors.recipes import RESULTS, WORK, stop_key
from schemas.base import Model, to_bytes
from schemas.errors import ChalkstreamError, NotFound
from schemas.events import JobControl
from schemas.jobs import JobStatus
from schemas.plan import Source
from streams.gateway.finding import record_key, source_of
from streams.gateway.site import Site

UNDONE: Final = "todo/delete/"
AGAIN_SECONDS: Final = 60.0
log = logging.getLogger(__name__)


class DeletedRecord(Model):
    """A job that is to be looked at once more."""

    status: JobStatus
    source: Source | None = None
    due: float


async def delete(status: JobStatus, here: Site) -> None:
    """Raises Unavailable."""
    event = JobControl(job=status.job, run=status.run, tenant=status.tenant, action="delete")
    store, mark = here.backend.bench.store, stop_key(status.tenant, status.job, "delete", status.run)
    source = await asyncio.to_thread(_source, status, here)
    record = DeletedRecord(status=status, source=source, due=here.now() + AGAIN_SECONDS)
    await asyncio.to_thread(here.state.create, UNDONE + status.job, to_bytes(record))
    await asyncio.to_thread(store.put, RESULTS, mark, to_bytes(event))
    await here.backend.say([event])
    await _sweep(record, here)
    here.backend.board.forget(status.job)


async def look(here: Site) -> None:
    """The second look at what is due."""
    for name in await asyncio.to_thread(lambda: list(here.state.names(UNDONE))):
        kept = await asyncio.to_thread(here.state.get, name)
        record = DeletedRecord.model_validate_json(kept.data) if kept else None
        if record is not None and record.due <= here.now():
            await _sweep(record, here)
            await asyncio.to_thread(here.state.remove, name)


async def _sweep(record: DeletedRecord, here: Site) -> None:
    status = record.status
    shared = here.backend.board.others(status)
    await asyncio.to_thread(_remove, record, here, shared=shared)
    try:
        await here.backend.erase(status, None if shared else record.source)
    except (NotFound, OSError) as error:
        log.debug("nothing was left: %s", type(error).__name__)


def _remove(record: DeletedRecord, here: Site, *, shared: bool) -> None:
    """Files, artefacts (but those that another job about the same upload uses), what the gateway kept."""
    store, status = here.backend.bench.store, record.status
    kept = stop_key(status.tenant, status.job, "delete", 0)
    for name in store.names(RESULTS, f"{status.tenant}/{status.job}/"):
        if name != kept:
            store.delete(RESULTS, name)
    if record.source is not None and not shared:
        for name in store.names(WORK, f"{record.source.id}/"):
            store.delete(WORK, name)
    for name in here.state.names(f"edits/{status.tenant}/{status.job}/"):
        here.state.remove(name)
    here.state.remove(record_key(status.tenant, status.job))


def _source(status: JobStatus, here: Site) -> Source | None:
    try:
        return source_of(status, here)
    except ChalkstreamError as error:
        if not isinstance(error, NotFound):
            raise
        return None
