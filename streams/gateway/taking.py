"""An upload is taken: its limits before any work, its bytes to the store while they arrive, and then its job.

The answer comes when the object stands, its record stands in ``state``, and the topic (or the journal) has been told.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from schemas.base import to_bytes
from schemas.errors import ChalkstreamError, Unavailable
from schemas.events import StoredObject
from schemas.jobs import JobStatus
from schemas.plan import Source
from streams.commands.submit import job_of
from streams.gateway.filling import Filling, too_large
from streams.gateway.finding import UploadRecord, record_key
from streams.gateway.problems import too_many
from streams.gateway.site import Site


@contextmanager
def room(tenant: str, here: Site) -> Iterator[None]:
    """One more upload of this tenant. Raises Unavailable, and Refused (429) where there are too many."""
    need_services(here)
    most = here.settings.gateway.jobs
    if here.backend.board.running(tenant) + here.limits.held(tenant, "uploads") >= most:
        raise too_many(f"{most} jobs are in work", "wait until some have ended", seconds=10, code="overloaded")
    with here.limits.hold(tenant, "uploads", here.settings.gateway.uploads):
        yield


def need_services(here: Site) -> None:
    """Raises Unavailable before a byte is taken that could not be kept."""
    if wrong := here.backend.wrong():
        told = "; ".join(f"the {name} {what}" for name, what in wrong.items())
        raise Unavailable(f"uploads can't be taken now: {told}", "try again in a moment")


def most_bytes(here: Site) -> int:
    """Of an upload."""
    return int(here.settings.limits.max_gib * (1 << 30))


def filling(name: str, metadata: Mapping[str, str], tenant: str, announced: int | None, here: Site) -> Filling:
    """Where the bytes go. Raises BadInput("too_large") for what is announced as that."""
    most = most_bytes(here)
    if announced is not None and announced > most + (1 << 20):
        raise too_large(most)
    return Filling(here.backend.pieces, here.backend.key(tenant, name), most, announced, metadata)


async def began(stored: StoredObject, tenant: str, here: Site, sha256: str | None = None) -> JobStatus:
    """The object becomes its job."""
    job = job_of(stored, stored.metadata)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    targets = tuple(filter(None, stored.metadata.get("targets", "").split(",")))
    source = Source(**stored.model_dump(exclude={"metadata"}))
    record = UploadRecord(job=job, tenant=tenant, source=source, targets=targets, sha256=sha256, created=now)
    await asyncio.to_thread(here.state.create, record_key(tenant, job), to_bytes(record))
    await here.backend.begin(stored, job, tenant)
    here.backend.board.take(record.status)
    return here.backend.board.get(tenant, job) or record.status


async def dropped(taker: Filling) -> None:
    """What was not ended leaves nothing behind; a store that is away clears it up itself."""
    with suppress(ChalkstreamError):
        await asyncio.shield(taker.drop())
