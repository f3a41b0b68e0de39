"""``POST /v1/videos``: a form with a file becomes a job. Bytes go to the store while they arrive."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request

from schemas.errors import BadInput
from schemas.events import StoredObject
from streams.gateway import forms, taking
from streams.gateway.filling import Filling
from streams.gateway.keys import Caller
from streams.gateway.problems import documented
from streams.gateway.repeats import Repeat, once
from streams.gateway.site import Here, Site, Who
from streams.gateway.views import Job
from streams.gateway.wishes import NAMES, checked, known_fields, metadata_of, with_trace

router = APIRouter(prefix="/v1/videos", tags=["videos"])
FIELDS: Final[dict[str, Any]] = {
    "targets": {"type": "string", "description": "Languages to translate into: fr,es,pt-BR."},
    "source_language": {"type": "string", "description": "The spoken language, or auto."},
    "profile": {"type": "string", "description": "The house style that subtitles keep."},
    "formats": {"type": "string", "description": "srt, vtt or srt,vtt."},
    "track": {"type": "integer", "description": "The audio track's index in the file."},
    "file": {"type": "string", "format": "binary", "description": "The media; behind the other fields."},
}
FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": FIELDS},
                "example": {"targets": "fr,es", "source_language": "en", "file": "…"},
            }
        },
    }
}


@router.post("", status_code=202, responses=documented(408, 409, 413), openapi_extra=FORM, summary="Upload a lecture")
async def upload(
    request: Request, caller: Who, here: Here,
    idempotency_key: Annotated[str | None, Header(max_length=200, description="The same key is the same job.")] = None,
) -> Job:  # fmt: skip
    """The job that it has become. Put the fields before the file: what a large file is to become has to be known when
    it begins."""
    async with once(idempotency_key, caller, here) as repeat:
        status = repeat.status
        if status is None:
            with taking.room(caller.tenant, here):
                stored, sha256 = await _received(request, caller, here, repeat)
                status = await taking.began(stored, caller.tenant, here, sha256)
                await repeat.keep(status)
    return await here.views.one(status)


async def _received(request: Request, caller: Caller, here: Site, repeat: Repeat) -> tuple[StoredObject, str]:
    form = forms.Form()
    announced = int(length) if (length := request.headers.get("content-length", "")).isdigit() else None

    async def opened(fields: dict[str, list[str]], name: str) -> Filling:
        known_fields(fields)
        metadata = metadata_of(fields)
        checked(metadata, caller.tenant, here)
        traced = with_trace(metadata, request.headers.get("traceparent"))
        return taking.filling(name, traced, caller.tenant, announced, here)

    try:
        await forms.read(request, form, opened)
        taker = form.taker
        if not isinstance(taker, Filling):
            raise BadInput("invalid_request", "there is no file", forms.HELP)
        _late(form, taker, caller, here)
        return await taker.end(), taker.sha256
    except BaseException:
        if isinstance(form.taker, Filling):
            await taking.dropped(form.taker)
        raise


def _late(form: forms.Form, taker: Filling, caller: Caller, here: Site) -> None:
    """Fields behind the file count as long as nothing of it has been sent on."""
    known_fields(form.fields)
    metadata = metadata_of(form.fields)
    told = {name: value for name, value in taker.metadata.items() if name in NAMES.values()}
    if metadata == told:
        return
    if taker.begun:
        raise BadInput("invalid_request", "fields came behind a large file", "send all fields before the file")
    checked(metadata, caller.tenant, here)
    taker.metadata = with_trace(metadata, taker.metadata.get("traceparent"))
