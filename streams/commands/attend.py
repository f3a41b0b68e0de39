"""Waiting for a job: its progress from the result topics, until it has ended."""

import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from infra.settings import KafkaSettings
from schemas.events import Event, JobChanged, SpeechTranscribed, SubtitlesReady
from schemas.jobs import JobStatus
from streams import follow
from streams.commands.progress import Progress

TOPICS: Final = tuple(kind.topic for kind in (JobChanged, SpeechTranscribed, SubtitlesReady))
PATIENCE: Final = 20.0
"""Seconds without any word of the job before somebody is told where to look."""
MARGIN: Final = timedelta(minutes=2)
"""Clocks of broker and client may differ."""


async def attend(
    settings: KafkaSettings, job: str, progress: Progress, *, run: int = 0, known: JobStatus | None = None
) -> JobStatus:
    """The job at the end of run ``run`` or a later one; what happens on the way is shown."""
    status = known or await follow.status(settings, job)
    if status and status.ended and status.run >= run:
        return status
    worry = asyncio.create_task(_worry(progress))
    try:
        async with follow.following(settings, TOPICS, job=job, since=_since(status)) as follower:
            async for event in follower.events():
                if event.job == job and event.run >= run:
                    worry.cancel()
                    progress.heard(event)
                    if (end := _shown(event, progress)) is not None:
                        return end
    finally:
        worry.cancel()
        with suppress(asyncio.CancelledError):
            await worry
    raise AssertionError("a follower without end has ended")


def _shown(event: Event, progress: Progress) -> JobStatus | None:
    if not isinstance(event, JobChanged):
        return None
    progress.show([event.status])
    return event.status if event.ended else None


def _since(status: JobStatus | None) -> int:
    """When the run began, or now; ms since 1970."""
    began = datetime.fromisoformat(status.created) if status and status.created else datetime.now(UTC)
    return int((began - MARGIN).timestamp() * 1000)


async def _worry(progress: Progress) -> None:
    await asyncio.sleep(PATIENCE)
    progress.stop()
    sys.stderr.write("still waiting: no worker has taken the job yet - is 'chalkstream worker' running?\n")
