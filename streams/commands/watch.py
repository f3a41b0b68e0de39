"""``watch``: what happens, as the result topics tell it: a line per fact for people, JSON lines for programs."""

import asyncio
import json
import sys
from datetime import UTC, datetime

from infra.settings import KafkaSettings
from schemas import envelope
from schemas.errors import NotFound
from schemas.events import Event, JobChanged, LanguageFailed, SpeechTranscribed, SubtitlesReady
from schemas.jobs import JobStatus
from streams import follow
from streams.commands.attend import MARGIN, TOPICS
from streams.commands.delivery import tell
from streams.commands.progress import clock, printable
from streams.commands.reach import job_named, reach


def watch(job: str | None, *, as_json: bool) -> int:
    """Until the job ends, or for ever; the exit code."""
    here = reach()
    if job is None:
        asyncio.run(_all(here.settings.kafka, as_json=as_json))
        return 0
    return asyncio.run(_one(here.settings.kafka, job_named(job), as_json=as_json))


async def _all(settings: KafkaSettings, *, as_json: bool) -> None:
    async with follow.following(settings, TOPICS, since=None) as follower:
        async for event in follower.events():
            show(event, as_json=as_json)


async def _one(settings: KafkaSettings, job: str, *, as_json: bool) -> int:
    status = await follow.status(settings, job)
    if status is None:
        raise NotFound(f"nothing is known of the job {job!r}", "check the id; a new upload may take a moment")
    began = datetime.fromisoformat(status.created or status.updated or datetime.now(UTC).isoformat())
    since = int((began - MARGIN).timestamp() * 1000)
    async with follow.following(settings, TOPICS, job=job, since=since) as follower:
        if not status.ended:
            status = await _until_the_end(follower, job, status.run, as_json=as_json)
        await _the_rest(follower, job, as_json=as_json)
    return tell(status)


async def _until_the_end(follower: follow.Follower, job: str, run: int, *, as_json: bool) -> JobStatus:
    async for event in follower.events():
        if event.job == job:
            show(event, as_json=as_json)
            if isinstance(event, JobChanged) and event.ended and event.run >= run:
                return event.status
    raise AssertionError("a follower without end has ended")


async def _the_rest(follower: follow.Follower, job: str, *, as_json: bool) -> None:
    """What the topics hold besides, in the order in which it was said."""
    records = [record async for record in follower.records(to_the_end=True)]
    for record in sorted(records, key=lambda each: each.timestamp):
        event = follow.understood(record)
        if event is not None and event.job == job:
            show(event, as_json=as_json)


def show(event: Event, *, as_json: bool) -> None:
    """Print one fact."""
    text = json.dumps(envelope.structured(event), ensure_ascii=False) if as_json else line(event)
    if text is not None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def line(event: Event) -> str | None:
    """A fact in one line for people; None for what they need not see."""
    match event:
        case JobChanged():
            total = event.duration or event.audio_seconds
            heard = f"{clock(event.transcribed_seconds)} of {clock(total)}" if total else ""
            said = f"{event.error.code}: {event.error.message}" if event.error else f"{event.stage} {heard}"
            name = printable(event.source.get("key", "").rpartition("/")[2])
            text = f"{event.state:9} {event.progress:4.0%}  {said}  {name}"
        case SpeechTranscribed() if event.lost:
            text = f"{clock(event.start)}  lost: {event.lost}"
        case SpeechTranscribed():
            text = f"{clock(event.start)}  {printable(' '.join(segment.text for segment in event.segments))}"
        case SubtitlesReady():
            files = ", ".join(f"{file.bucket}/{printable(file.key)}" for file in event.files)
            text = f"subtitles {event.language}: {files}"
        case LanguageFailed():
            text = f"subtitles {event.language} failed: {event.error.code}: {event.error.message}"
        case _:
            return None
    return f"{event.job[:8]}  {text.rstrip()}"
