"""``/v1/jobs``: what was uploaded and how it stands; stop it, run it again, take it away."""

import asyncio
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from processors.recipes import RESULTS, plan_key, stop_key
from processors.runs import next_run, unbegun
from schemas.base import to_bytes
from schemas.errors import BadInput
from schemas.events import JobControl, VideoAccepted
from schemas.jobs import JobState, JobStatus
from schemas.plan import Options, Plan
from streams.gateway import deleting
from streams.gateway.finding import find, newest
from streams.gateway.problems import documented
from streams.gateway.site import Here, Site, Who
from streams.gateway.views import Job, JobPage
from streams.gateway.wishes import checked, metadata_of
from streams.jobs import begin

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
JobId = Annotated[str, Path(description="A job's id.", examples=["6652f23e-348b-57a4-8dd7-3b7939dd37a1"])]
MOST: Final = 100


class Wish(BaseModel):
    """What a new run shall do otherwise; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": {"targets": ["fr", "de"]}})

    targets: list[Annotated[str, Field(max_length=40)]] | None = Field(None, max_length=50)
    source_language: str | None = Field(None, max_length=40)
    profile: str | None = Field(None, max_length=100)
    formats: list[Literal["srt", "vtt"]] | None = Field(None, min_length=1, max_length=2)


@router.get("", responses=documented(), summary="Jobs, newest first")
async def jobs(
    caller: Who, here: Here,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many.")] = 20,
    after: Annotated[str | None, Query(max_length=100, description="``next`` of the page before.")] = None,
    state: Annotated[JobState | None, Query(description="Only those that stand so.")] = None,
) -> JobPage:  # fmt: skip
    """A page of them."""
    found, cursor = here.backend.board.page(caller.tenant, limit=limit, after=after, state=state)
    return JobPage(jobs=await here.views.all(found), next=cursor)


@router.get("/{job}", responses=documented(404), summary="One job")
async def job(job: JobId, caller: Who, here: Here) -> Job:
    """As it stands."""
    return await here.views.one(await newest(job, caller, here))


@router.post("/{job}/cancel", responses=documented(404), summary="Stop a job")
async def cancel(job: JobId, caller: Who, here: Here) -> Job:
    """What is in hand is left at its next step, nothing more is begun. A job that has ended stays as it is."""
    status = await find(job, caller, here)
    if not status.ended:
        event = JobControl(job=status.job, run=status.run, tenant=status.tenant, action="cancel")
        mark = stop_key(status.tenant, status.job, "cancel", status.run)
        await asyncio.to_thread(here.backend.bench.store.put, RESULTS, mark, to_bytes(event))
        await here.backend.say([event])
        status = await settled(status, here)
    return await here.views.one(status)


@router.post("/{job}/rerun", responses=documented(404, 409), summary="Run a job again")
async def rerun(job: JobId, caller: Who, here: Here, wish: Annotated[Wish | None, Body()] = None) -> Job:
    """A new run, with other wishes if there are any; what has not changed is found again. The job must have ended."""
    status = await find(job, caller, here)
    asked = checked(metadata_of(wish.model_dump(exclude_none=True) if wish else {}), caller.tenant, here)
    return await here.views.one(await run_again(status, asked, here))


async def run_again(status: JobStatus, asked: Options, here: Site) -> JobStatus:
    """Begin the next run. Raises BadInput("conflict") while one is on its way."""
    if not status.ended:
        raise BadInput("conflict", "the job has not ended yet", "wait for it, or cancel it")
    event, plan = await asyncio.to_thread(_planned, status, asked, here)
    await here.backend.say([event], plan)
    here.backend.board.take(begin(plan))
    return here.backend.board.get(status.tenant, status.job) or begin(plan)


def _planned(status: JobStatus, asked: Options, here: Site) -> tuple[VideoAccepted, Plan]:
    store = here.backend.bench.store
    event = unbegun(store, status.tenant, status.job, status.run)
    if event is not None and asked != Options():
        raise BadInput("conflict", f"run {event.run} is about to begin", "wait for it")
    event = event or next_run(status.job, status.tenant, asked, here.backend.bench)
    data = store.get(RESULTS, plan_key(status.tenant, status.job, event.run))
    return event, Plan.model_validate_json(data)


@router.delete("/{job}", responses=documented(404), summary="Take a job away")
async def delete(job: JobId, caller: Who, here: Here) -> Job:
    """Stops it and removes the upload, its files and all that was made for it; nothing starts it again."""
    status = await find(job, caller, here)
    shown = await here.views.one(status)
    await deleting.delete(status, here)
    return shown.model_copy(update={"files": (), "state": shown.state if status.ended else "cancelled"})


async def settled(status: JobStatus, here: Site) -> JobStatus:
    """The job once the wish to stop it is seen to be followed; soon in any case."""
    for _ in range(20):
        now = here.backend.board.get(status.tenant, status.job)
        if now is not None and now.ended:
            return now
        await asyncio.sleep(0.05)
    return here.backend.board.get(status.tenant, status.job) or status
