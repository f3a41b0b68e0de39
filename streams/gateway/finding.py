"""A job by its id, for who asks: what is another tenant's is not there, and says so in the same words.

An upload that was just taken is known from its record in ``state`` until the topics tell of it.
"""

import asyncio
import uuid
from datetime import datetime
from typing import Final

from processors.recipes import RESULTS, plan_key, refused_key, stop_key
from processors.runs import highest, unbegun
from schemas.base import Model
from schemas.errors import NotFound
from schemas.jobs import JobStatus
from schemas.plan import Plan, Source
from schemas.records import RefusedRecord
from streams.gateway.keys import Caller
from streams.gateway.site import Site
from streams.jobs import begin

JUST_SECONDS: Final = 60.0
"""A run that was planned longer ago and is not heard of was never begun: whoever planned it died."""


class UploadRecord(Model):
    """What the gateway knows of an upload that it took (bucket ``state``)."""

    job: str
    tenant: str
    source: Source
    targets: tuple[str, ...] = ()
    sha256: str | None = None
    created: str

    @property
    def status(self) -> JobStatus:
        """The job before anybody else has heard of it."""
        return JobStatus(
            job=self.job, tenant=self.tenant, source={"bucket": self.source.bucket, "key": self.source.key},
            languages=dict.fromkeys(self.targets, "waiting"), created=self.created, updated=self.created,
        )  # fmt: skip


def record_key(tenant: str, job: str) -> str:
    """Where the record stands."""
    return f"jobs/{tenant}/{job}"


async def find(job: str, caller: Caller, here: Site) -> JobStatus:
    """Raises NotFound."""
    name = _named(job)
    status = here.backend.board.get(caller.tenant, name) if name else None
    if status is not None:
        return status
    if not name or here.backend.board.is_gone(name):
        raise missing()
    record = await asyncio.to_thread(_recorded, name, caller.tenant, here)
    if record is None:
        raise missing()
    return record.status


async def newest(job: str, caller: Caller, here: Site) -> JobStatus:
    """The same, or the run that another gateway has just planned and the topics don't tell of yet."""
    status = await find(job, caller, here)
    return await asyncio.to_thread(_planned, status, here) if status.ended else status


def _planned(status: JobStatus, here: Site) -> JobStatus:
    store = here.backend.bench.store
    event = unbegun(store, status.tenant, status.job, status.run)
    if event is None:
        return status
    plan = Plan.model_validate_json(store.get(RESULTS, plan_key(status.tenant, status.job, event.run)))
    age = here.now() - datetime.fromisoformat(plan.created).timestamp()
    return begin(plan) if age < JUST_SECONDS else status


def missing() -> NotFound:
    """There is no such job, or it is none of yours."""
    return NotFound("there is no such job", "see GET /v1/jobs")


def source_of(status: JobStatus, here: Site) -> Source:
    """The upload behind a job. On a worker thread. Raises NotFound."""
    store, tenant, job = here.backend.bench.store, status.tenant, status.job
    run = highest(store, tenant, job)
    if run is not None:
        return Plan.model_validate_json(store.get(RESULTS, plan_key(tenant, job, run))).source
    record = _recorded(job, tenant, here)
    if record is not None:
        return record.source
    return RefusedRecord.model_validate_json(store.get(RESULTS, refused_key(tenant, job))).source


def _recorded(job: str, tenant: str, here: Site) -> UploadRecord | None:
    if here.backend.bench.store.exists(RESULTS, stop_key(tenant, job, "delete", 0)):
        return None
    kept = here.state.get(record_key(tenant, job))
    return UploadRecord.model_validate_json(kept.data) if kept else None


def _named(job: str) -> str:
    try:
        return str(uuid.UUID(job)) if len(job) == 36 else ""
    except ValueError:
        return ""
