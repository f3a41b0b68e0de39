"""``trace``: where a job's time went, from what is stored anyway: the local journal, or the topics of a cluster."""

import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path

from infra.settings import Settings, read
from processors.stage import discover
from schemas import envelope, tracing
from schemas.errors import NotFound
from schemas.jobs import JobStatus
from schemas.topics import TOPICS
from streams import follow, timeline
from streams.commands.attend import MARGIN
from streams.commands.reach import job_named, reach
from streams.journal import Journal
from streams.timeline import Step

READ = tuple(name for name in TOPICS if name.startswith("media.") and name not in ("media.uploads", "media.control"))


def trace(job: str | None, *, store: Path | None) -> None:
    """Print the timeline. Without a job: the one that the local journal heard of last."""
    settings = read(os.environ, state=store)
    order = [*(stage.name for stage in discover()), "jobs"]
    title, steps = _here(settings, job) or _there(job)
    sys.stdout.write("\n".join(timeline.lines(title, steps, order)) + "\n")


def _here(settings: Settings, job: str | None) -> tuple[str, list[Step]] | None:
    """From the local journal, if it knows the job."""
    path = settings.state / "journal.sqlite"
    if not path.exists():
        return None
    journal = Journal(path, {}, lambda status, _: status)
    name = journal.latest() if job is None else job_named(job)
    status = journal.status(name) if name else None
    return None if status is None else (_title(status), local_steps(journal, status))


def local_steps(journal: Journal, status: JobStatus) -> list[Step]:
    """Every attempt that the journal tells of."""
    return [
        Step(
            timing.stage, timeline.what(timing.event), timing.since, timing.began, timing.ended, max(1, timing.number),
            timing.outcome or ("waits" if timing.began is None else "at work"),
        )
        for timing in journal.timings(status.job, status.run)
    ]  # fmt: skip


def _there(job: str | None) -> tuple[str, list[Step]]:
    """From the topics. Raises NotFound."""
    if job is None:
        raise NotFound("there is no local job", "name one: see 'chalkstream watch'")
    return asyncio.run(_read(job_named(job)))


async def _read(job: str) -> tuple[str, list[Step]]:
    settings = reach().settings.kafka
    status = await follow.status(settings, job)
    if status is None:
        raise NotFound(f"nothing is known of the job {job!r}", "check the id; a new upload may take a moment")
    since = int((datetime.fromisoformat(status.created or status.updated) - MARGIN).timestamp() * 1000)
    steps, context = [], None
    async with follow.following(settings, READ, since=since) as follower:
        async for record in follower.records(to_the_end=True):
            headers = envelope.texts(record.headers)
            if headers.get("ce_subject") != job:
                continue
            event = follow.understood(record)
            context = tracing.valid(headers.get(tracing.TRACEPARENT)) or context
            if event and event.run == status.run:
                steps.append(timeline.said(headers, event, record.timestamp / 1000))
    return _title(status, context), timeline.last_words(step for step in steps if step)


def _title(status: JobStatus, context: str | None = None) -> str:
    found = tracing.trace_id(context or tracing.root(status.job))
    return f"job {status.job}  run {status.run}  {status.state}  trace {found}"
