"""What can be taken away: subtitle files, the report, and the media itself, by ranges. Bytes come through us alone."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from processors.bench import ByteSource
from processors.recipes import RESULTS
from schemas.errors import NotFound
from streams.gateway.captions import FORMATS, Language, captions
from streams.gateway.finding import find, source_of
from streams.gateway.jobs import JobId
from streams.gateway.problems import documented
from streams.gateway.ranges import disposition, matches, span
from streams.gateway.site import Here, Who
from streams.gateway.views import name_of

router = APIRouter(prefix="/v1/jobs", tags=["files"])
READ: Final = 1 << 20
MEDIA: Final = {
    "mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "mkv": "video/x-matroska",
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "oga": "audio/ogg", "ogv": "video/ogg",
    "opus": "audio/ogg", "wav": "audio/wav", "flac": "audio/flac", "aac": "audio/aac", "avi": "video/x-msvideo",
}  # fmt: skip
"""By a name's ending; a name says little, but none of these is ever taken for a page."""
SANDBOX: Final = {"Content-Security-Policy": "default-src 'none'; sandbox"}


def _described(*kinds: str) -> dict[int | str, dict[str, Any]]:
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    told: dict[int | str, dict[str, Any]] = {
        200: {"description": "All of it", "content": content},
        206: {"description": "A range of it", "content": content},
        304: {"description": "As it was"},
    }
    return told | documented(404, 416)


@router.get(
    "/{job}/subtitles/{language}.{form}", response_class=Response, summary="A subtitle file",
    responses=_described("application/x-subrip", "text/vtt"),
)  # fmt: skip
async def subtitles(
    job: JobId, language: Language, form: Annotated[Literal["srt", "vtt"], Path(description="srt or vtt.")],
    request: Request, caller: Who, here: Here,
    inline: Annotated[bool, Query(description="For a player, not to be saved.")] = False,
) -> Response:  # fmt: skip
    """Of the newest run; what a person has edited goes before what was made."""
    status = await find(job, caller, here)
    found = await asyncio.to_thread(captions, status, language, here)
    data = await asyncio.to_thread(found.file, form)
    name = f"{found.stem}.{found.language}.{form}"
    return _bytes(request, data, FORMATS[form], disposition(name, inline=inline))


@router.get("/{job}/report", response_class=Response, summary="The report", responses=_described("application/json"))
async def report(job: JobId, request: Request, caller: Who, here: Here) -> Response:
    """Everything that was decided about the job (CONTRACT §5)."""
    status = await find(job, caller, here)
    key = f"{status.tenant}/{status.job}/result.json"
    try:
        data = await asyncio.to_thread(here.backend.bench.store.get, RESULTS, key)
    except NotFound:
        raise NotFound("there is no report yet", "wait until the job has ended") from None
    return _bytes(request, data, "application/json", "inline")


@router.get(
    "/{job}/media", response_class=StreamingResponse, summary="The media as it was uploaded",
    responses=_described(*sorted({*MEDIA.values(), "application/octet-stream"})),
)  # fmt: skip
async def media(job: JobId, request: Request, caller: Who, here: Here) -> Response:
    """By ranges, as players ask."""
    status = await find(job, caller, here)
    source = await asyncio.to_thread(source_of, status, here)
    opened = await asyncio.to_thread(here.backend.bench.open_source, source)
    name = name_of(status)
    kind = MEDIA.get(name.rpartition(".")[2].lower())
    headers = {
        "ETag": f'"{source.id}"', "Accept-Ranges": "bytes", "Cache-Control": "private, max-age=3600",
        "Content-Disposition": disposition(name, inline=kind is not None), **SANDBOX,
    }  # fmt: skip
    kind = kind or "application/octet-stream"
    if matches(request.headers.get("if-none-match"), source.id):
        return Response(status_code=304, headers=headers)
    part = _part(request, source.size, source.id)
    start, end = part or (0, source.size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{source.size}"
    return StreamingResponse(_read(opened, start, end), 206 if part else 200, headers, kind)


async def _read(opened: ByteSource, start: int, end: int) -> AsyncIterator[bytes]:
    try:
        while start < end:
            data = await asyncio.to_thread(opened.read, start, min(READ, end - start))
            if not data:
                return
            start += len(data)
            yield data
    finally:
        opened.close()


def _bytes(request: Request, data: bytes, kind: str, shown: str) -> Response:
    tag = hashlib.sha256(data).hexdigest()[:32]
    headers = {
        "ETag": f'"{tag}"', "Accept-Ranges": "bytes", "Content-Disposition": shown,
        "Cache-Control": "private, no-cache", **SANDBOX,
    }  # fmt: skip
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    part = _part(request, len(data), tag)
    if part is None:
        return Response(data, 200, headers, kind)
    headers["Content-Range"] = f"bytes {part[0]}-{part[1] - 1}/{len(data)}"
    return Response(data[part[0] : part[1]], 206, headers, kind)


def _part(request: Request, size: int, tag: str) -> tuple[int, int] | None:
    """The range that is asked for; none where it was asked of what is no longer the same."""
    condition = request.headers.get("if-range")
    if condition is not None and condition.strip('"') != tag:
        return None
    return span(request.headers.get("range"), size)
