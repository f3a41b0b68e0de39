"""``/v1/audio/transcriptions`` and ``/translations``, as OpenAI has them: a job that is waited for, then taken away.

The file travels like any upload; what has been made of it is removed when the answer is told.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any, Final, get_args

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from schemas.cues import SubtitleFormat
from schemas.errors import BadInput, ChalkstreamError, Unavailable, rebuild
from schemas.events import SpeechTranscribed
from schemas.exchanges import WrongField
from schemas.jobs import JobStatus
from streams.gateway import deleting, forms, heard, taking
from streams.gateway.events import Stream
from streams.gateway.filling import Filling
from streams.gateway.heard import Heard
from streams.gateway.keys import Caller
from streams.gateway.models import need_speech
from streams.gateway.problems import documented, openai_body
from streams.gateway.site import Here, Site, Who
from streams.gateway.talk import event
from streams.gateway.tapes import Tape
from streams.gateway.wishes import checked, metadata_of

router = APIRouter(prefix="/v1/audio", tags=["openai"])
FORMATS: Final = ("json", "text", "srt", "verbose_json", "vtt")
PLAIN: Final = {"text": "text/plain", "srt": "application/x-subrip", "vtt": "text/vtt"}
NOTHING: Final = ","
"""No targets, said as such: an installation's tenant may have some that nobody asked for here."""
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "The media."},
                        "model": {"type": "string", "description": "As in /v1/models, default or whisper-1."},
                        "language": {"type": "string", "description": "The spoken language."},
                        "response_format": {"type": "string", "enum": list(FORMATS)},
                        "timestamp_granularities[]": {"type": "array", "items": {"enum": ["word", "segment"]}},
                        "stream": {"type": "boolean", "description": "Text as it is heard."},
                    },
                },
                "example": {"model": "whisper-1", "response_format": "json", "file": "…"},
            }
        },
    }
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The text, in the format that was asked for",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": {"text": "Today we describe the matrix."}},
            **{kind: {"schema": {"type": "string"}} for kind in PLAIN.values()},
            "text/event-stream": {},
        },
    }
}
log = logging.getLogger(__name__)
HOW: Final[dict[str, Any]] = {
    "response_class": Response, "openapi_extra": FORM,
    "responses": ANSWERS | documented(404, 408, 409, 413, 504, openai=True),
}  # fmt: skip


@router.post("/transcriptions", summary="What is said in a file", **HOW)
async def transcriptions(request: Request, caller: Who, here: Here) -> Response:
    """As OpenAI has it; with ``stream`` the text comes as it is heard."""
    return await _answered(request, caller, here, translate=False)


@router.post("/translations", summary="What is said in a file, in English", **HOW)
async def translations(request: Request, caller: Who, here: Here) -> Response:
    """As OpenAI has it."""
    return await _answered(request, caller, here, translate=True)


async def _answered(request: Request, caller: Caller, here: Site, *, translate: bool) -> Response:
    with ExitStack() as held:
        held.enter_context(taking.room(caller.tenant, here))
        form, status = await _received(request, caller, here, translate=translate)
        if form.last("stream") in ("true", "True", "1") and not translate:
            return Stream(_streamed(status, here), held.pop_all())
        try:
            told = await _heard(status, request, here)
        finally:
            _clear(status, here)
    return shown(told, form, translate=translate)


def shown(told: Heard, form: forms.Form, *, translate: bool) -> Response:
    """In the format that was asked for."""
    kind = form.last("response_format") or "json"
    for known in get_args(SubtitleFormat):
        if kind == known:
            return PlainTextResponse(told.file(known), media_type=PLAIN[kind])
    if kind == "text":
        return PlainTextResponse(told.text + "\n")
    if kind == "json":
        return JSONResponse({"text": told.text})
    words = "word" in form.fields.get("timestamp_granularities[]", ())
    return JSONResponse(told.verbose("translate" if translate else "transcribe", words=words))


async def _received(request: Request, caller: Caller, here: Site, *, translate: bool) -> tuple[forms.Form, JobStatus]:
    form = forms.Form()
    announced = int(length) if (length := request.headers.get("content-length", "")).isdigit() else None

    async def opened(fields: dict[str, list[str]], name: str) -> Filling:
        return taking.filling(name, _metadata(form, caller, here, translate=translate), caller.tenant, announced, here)

    try:
        await forms.read(request, form, opened)
        taker = form.taker
        if not isinstance(taker, Filling):
            raise BadInput("invalid_request", "there is no file", forms.HELP)
        metadata = _metadata(form, caller, here, translate=translate)
        if taker.begun and metadata != taker.metadata:
            raise WrongField("language", "comes behind a large file: send it before the file")
        taker.metadata = metadata
        return form, await taking.began(await taker.end(), caller.tenant, here, taker.sha256)
    except BaseException:
        if isinstance(form.taker, Filling):
            await taking.dropped(form.taker)
        raise


def _metadata(form: forms.Form, caller: Caller, here: Site, *, translate: bool) -> dict[str, str]:
    """The wishes of the job. Raises BadInput by the field's name."""
    need_speech(form.last("model"), here)
    if (kind := form.last("response_format")) not in (None, *FORMATS):
        raise WrongField("response_format", f"{(kind or '')[:40]!r} is not known; there are {', '.join(FORMATS)}")
    asked = metadata_of({"source_language": form.last("language"), "formats": "srt,vtt"})
    metadata = {**asked, "targets": "en" if translate else NOTHING}
    checked(metadata, caller.tenant, here)
    return metadata


async def _heard(status: JobStatus, request: Request, here: Site) -> Heard:
    """Wait for the end. Raises what it ended with."""
    async with here.tapes.open(status) as tape:
        while not tape.over:
            await tape.more(1.0)
            _need_listener(here, gone=await request.is_disconnected())
        return await _ended(tape, here)


def _need_listener(here: Site, *, gone: bool) -> None:
    if gone or here.closing.is_set():
        raise Unavailable("nobody listens any more" if gone else "this gateway is leaving", "ask again")


async def _ended(tape: Tape, here: Site) -> Heard:
    status = tape.status
    if tape.failed is not None:
        raise tape.failed
    if status.error is not None and status.state != "partial":
        raise rebuild(status.error)
    said = [entry.event for entry in tape.entries if isinstance(entry.event, SpeechTranscribed)]
    return await asyncio.to_thread(heard.read, here.backend.bench.store, status, said)


async def _streamed(status: JobStatus, here: Site) -> AsyncIterator[str]:
    """Text in order, as far as it is known without holes."""
    try:
        async with here.tapes.open(status) as tape:
            next_one, text = 0, ""
            while not tape.over:
                await tape.more(1.0)
                _need_listener(here, gone=False)
                known = {
                    each.event.index: each.event for each in tape.entries if isinstance(each.event, SpeechTranscribed)
                }
                while next_one in known:
                    more = "".join(f" {segment.text}" for segment in known[next_one].segments)
                    more, next_one = more if text else more.lstrip(), next_one + 1
                    text += more
                    if more:
                        yield event({"type": "transcript.text.delta", "delta": more})
            told = await _ended(tape, here)
            yield event({"type": "transcript.text.done", "text": told.text})
    except ChalkstreamError as error:
        yield event(openai_body(error))
    finally:
        _clear(status, here)


def _clear(status: JobStatus, here: Site) -> None:
    """Take the job away, behind the answer."""

    async def clear() -> None:
        try:
            await deleting.delete(here.backend.board.get(status.tenant, status.job) or status, here)
        except ChalkstreamError as error:
            log.warning("a transcription's job could not be removed: %s", error.code)

    here.behind(clear())
