"""``/v1/jobs/{job}/events``: what happens to a job, as server-sent events; history first, then live.

An event's id is a place in what was said, the same at every gateway: whoever comes back with it anywhere goes on there.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from schemas.events import Event, SpeechTranscribed, SubtitlesReady
from schemas.jobs import JobStatus
from streams.gateway import cursors
from streams.gateway.finding import newest
from streams.gateway.jobs import JobId
from streams.gateway.problems import documented
from streams.gateway.site import Here, Site, Who
from streams.gateway.tapes import Tape

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
QUIET_SECONDS: Final = 15.0
EXAMPLE: Final = (
    "event: segment\nid: 0.t17\n"
    'data: {"index": 0, "start": 0.6, "end": 3.3, "language": "en", "text": "Today we will describe the matrix."}\n\n'
)
DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "progress, segment, subtitles and, at the end, done",
        "content": {"text/event-stream": {"example": EXAMPLE}},
    }
}


class Stream(StreamingResponse):
    """Server-sent events; ``held`` is let go of when it ends, however that comes about."""

    def __init__(self, lines: AsyncIterator[str], held: ExitStack) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(lines, media_type="text/event-stream", headers=headers)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until its end, or the client's."""
        with self._held:
            await super().__call__(scope, receive, send)


@router.get(
    "/{job}/events", response_class=StreamingResponse, responses=DESCRIBED | documented(404),
    summary="What happens to a job, live",
)  # fmt: skip
async def events(
    job: JobId, caller: Who, here: Here,
    last_event_id: Annotated[str | None, Header(max_length=200, description="Where to go on.")] = None,
) -> StreamingResponse:  # fmt: skip
    """Events: ``progress`` (a job), ``segment`` (what was heard), ``subtitles`` (files of a language), ``done`` (a job;
    the stream ends). A comment every 15 s keeps the line open."""
    status = await newest(job, caller, here)
    held = ExitStack()
    held.enter_context(here.limits.hold(caller.tenant, "listeners", here.settings.gateway.listeners, seconds=5))
    return Stream(told(status, last_event_id or "", here), held)


async def told(status: JobStatus, last: str, here: Site) -> AsyncIterator[str]:
    async with here.tapes.open(status) as tape:
        heard, at, shown = cursors.read(last, tape.run), 0, ""
        places = dict(heard)
        yield ": here\nretry: 2000\n\n"
        while not here.closing.is_set():
            if tape.status.updated != shown or not shown:
                shown = tape.status.updated or "-"
                yield written("progress", await _job(tape.status, here))
            for entry in tape.entries[at:]:
                at += 1
                if entry.lane and entry.place <= heard.get(entry.lane, -1):
                    continue
                if entry.lane:
                    places[entry.lane] = max(entry.place, places.get(entry.lane, -1))
                for line in lines(entry.event, cursors.written(tape.run, places)):
                    yield line
            if tape.over and at == len(tape.entries):
                yield _end(tape, await _job(tape.status, here))
                return
            if at == len(tape.entries) and not await _news(tape, here):
                yield ": still here\n\n"
        yield ": leaving\n\n"


async def _news(tape: Tape, here: Site) -> bool:
    """Wait for more, or for the end of the gateway."""
    leaving = asyncio.create_task(here.closing.wait())
    news = asyncio.create_task(tape.more(QUIET_SECONDS))
    try:
        await asyncio.wait({leaving, news}, return_when=asyncio.FIRST_COMPLETED)
        return leaving.done() or news.result()
    finally:
        leaving.cancel()
        news.cancel()


async def _job(status: JobStatus, here: Site) -> dict[str, Any]:
    return (await here.views.one(status)).model_dump(mode="json")


def _end(tape: Tape, job: dict[str, Any]) -> str:
    """``done``; where the tape could not be read on, a comment, and the client comes back by itself."""
    return ": the broker is away\n\n" if tape.failed else written("done", job)


def lines(event: Event, cursor: str) -> Iterator[str]:
    """An entry as events; the id stands with the last of them, for all before it have been heard then."""
    if isinstance(event, SpeechTranscribed) and event.segments:
        *before, last = [
            {"index": event.index, "start": each.start, "end": each.end, "language": event.language, "text": each.text}
            for each in event.segments
        ]
        yield from (written("segment", each) for each in before)
        yield written("segment", last, cursor)
    elif isinstance(event, SubtitlesReady):
        files = [
            {
                "format": each.format,
                "size": each.size,
                "url": f"/v1/jobs/{event.job}/subtitles/{event.language}.{each.format}",
            }
            for each in event.files
        ]
        told = {"language": event.language, "kind": event.kind, "cues": event.cues, "files": files}
        yield written("subtitles", told, cursor)


def written(name: str, data: dict[str, Any], cursor: str = "") -> str:
    """One event. JSON in one line can't break out of it."""
    return (
        f"event: {name}\n{f'id: {cursor}' + chr(10) if cursor else ''}data: {json.dumps(data, ensure_ascii=True)}\n\n"
    )
