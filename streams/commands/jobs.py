"""``get``, ``cancel`` and ``rerun``: what may be done with a job that is there."""

import asyncio
import sys
from pathlib import Path

from processors.accept import wishes
from processors.recipes import RESULTS, stop_key
from processors.runs import highest, next_run, unbegun
from schemas.base import to_bytes
from schemas.errors import BadInput, NotFound, Unavailable
from schemas.events import Event, JobControl
from schemas.jobs import JobStatus
from schemas.plan import Options, Plan
from schemas.report import Report
from streams.announce import announcing
from streams.commands.delivery import deliver, need_writable
from streams.commands.reach import Reach, job_named, reach


def get(job: str, out: Path) -> int:
    """Download what the newest run of a job made; the exit code says how it ended."""
    need_writable(out)
    here, name = reach(), job_named(job)
    status = _reported(here, name) or asyncio.run(here.status(name))
    if status is None:
        raise Unavailable("the job has not begun yet", f"wait for it: chalkstream watch {name}")
    if not status.ended:
        raise Unavailable(
            f"the job has not ended yet ({status.progress:.0%})", f"wait for it: chalkstream watch {name}"
        )
    return deliver(status, here.store, out)


def _reported(here: Reach, job: str) -> JobStatus | None:
    """The end of the newest run as its report tells it; no broker is asked."""
    tenant = here.home(job)
    try:
        report = Report.model_validate_json(here.store.get(RESULTS, f"{tenant}/{job}/result.json"))
    except NotFound:
        return None
    if report.run != highest(here.store, tenant, job):
        return None
    source = {"bucket": report.source.bucket, "key": report.source.key}
    languages = {tag: "failed" if each.error else "done" for tag, each in report.languages.items()}
    return JobStatus.model_validate(
        {**report.model_dump(include={"job", "run", "tenant", "state", "error"}), "source": source}
        | {"languages": languages, "progress": 1.0}
    )


def cancel(job: str) -> int:
    """Stop a job: the mark in the store first, then the word to all workers."""
    here, name = reach(), job_named(job)
    status = asyncio.run(here.status(name))
    if status is not None and status.ended:
        sys.stdout.write(f"{name} has ended already: {status.state}\n")
        return 0
    tenant = status.tenant if status else here.home(name)
    run = max(highest(here.store, tenant, name) or 0, status.run if status else 0)
    event = JobControl(job=name, run=run, tenant=tenant, action="cancel")
    here.store.put(RESULTS, stop_key(tenant, name, event.action, run), to_bytes(event))
    asyncio.run(_say(here, event))
    sys.stdout.write(f"{name} is being cancelled (run {run})\n")
    return 0


def asked(*, to: str | None, source_language: str | None, profile: str | None, formats: str | None) -> Options:
    """Wishes as typed, read as those of an upload are."""
    told = {"targets": to, "source-language": source_language, "profile": profile, "formats": formats}
    return wishes({name: value for name, value in told.items() if value is not None})


def rerun(job: str, wish: Options, *, wait: bool, out: Path | None) -> int:
    """A new run of a job that has ended, with other wishes where there are any."""
    from streams.bootstrap_cluster import cluster_bench
    from streams.commands.submit import wait_for

    if out is not None:
        need_writable(out)
    here, name = reach(), job_named(job)
    status = asyncio.run(here.status(name))
    if status is not None and not status.ended:
        raise BadInput("conflict", "the job has not ended yet", f"wait for it, or: chalkstream cancel {name}")
    tenant = status.tenant if status else here.home(name)
    event = unbegun(here.store, tenant, name, status.run if status else -1)
    if event is not None and wish != Options():
        raise BadInput("conflict", f"run {event.run} is about to begin", "wait for it")
    bench = cluster_bench(here.settings)
    event = event or next_run(name, tenant, wish, bench)
    asyncio.run(_say(here, event, bench.plan_of(event)))
    sys.stdout.write(f"{name} run {event.run}\n")
    sys.stdout.flush()
    return wait_for(here, name, out, run=event.run) if wait or out is not None else 0


async def _say(here: Reach, event: Event, plan: Plan | None = None) -> None:
    async with announcing(here.settings.kafka) as announcer:
        await announcer.say([event], plan)
