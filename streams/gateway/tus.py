"""``/v1/uploads``: resumable uploads by tus 1.0 (creation, creation-with-upload, termination, expiration, checksum).

Any gateway goes on with any upload. The answer to the last PATCH names the job that the upload has become.
"""

import asyncio
import base64
import binascii
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.utils import formatdate
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from schemas.base import to_bytes
from schemas.errors import BadInput, NotFound
from streams.gateway import taking
from streams.gateway.filling import too_large
from streams.gateway.forms import arriving
from streams.gateway.keys import Caller
from streams.gateway.problems import Refused, documented, too_many
from streams.gateway.resuming import FOLDER, UploadState, Writer, load
from streams.gateway.site import Here, Site, Who
from streams.gateway.wishes import checked, metadata_of, with_trace

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,termination,expiration,checksum"
CHECKSUMS: Final = ("sha1", "sha256", "md5")
OFFSET_TYPE: Final = "application/offset+octet-stream"
MOST_OPEN: Final = 1_000
"""Unfinished uploads of one tenant."""
UploadId = Annotated[str, Path(description="As the Location of its creation ends.", max_length=64)]
SPEAKS: Final = {"Tus-Resumable": VERSION}


async def speaks_tus(tus_resumable: Annotated[str | None, Header(description="1.0.0", max_length=20)] = None) -> None:
    """Raises Refused (412) for another version."""
    if tus_resumable != VERSION:
        raise Refused(
            412, "unknown_version", "Tus-Resumable is not 1.0.0", "speak tus 1.0.0", headers={"Tus-Version": VERSION}
        )


router = APIRouter(prefix="/v1/uploads", tags=["videos"])
SPOKEN: Final = [Depends(speaks_tus)]
BODY: Final[dict[str, Any]] = {
    "requestBody": {"content": {OFFSET_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


def _told(status: int, what: str, *headers: str) -> dict[int | str, dict[str, Any]]:
    named = {name: {"schema": {"type": "string"}} for name in ("Tus-Resumable", *headers)}
    told: dict[int | str, dict[str, Any]] = {status: {"description": what, "headers": named}}
    return told | documented(404, 408, 409, 410, 412, 413, 415, 423, 460)


@router.options("", status_code=204, summary="What of tus is spoken here", response_class=Response)
async def options(here: Here) -> Response:
    """Needs no key."""
    headers = {
        **SPEAKS, "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(taking.most_bytes(here)),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }  # fmt: skip
    return Response(status_code=204, headers=headers)


@router.post(
    "", status_code=201, dependencies=SPOKEN, response_class=Response, openapi_extra=BODY,
    summary="Begin a resumable upload", responses=_told(201, "Begun", "Location", "Upload-Offset", "Upload-Expires"),
)  # fmt: skip
async def create(
    request: Request, caller: Who, here: Here,
    upload_length: Annotated[int, Header(ge=1, lt=1 << 53, description="Bytes of the file.")],
    upload_metadata: Annotated[
        str, Header(max_length=8_000, description="As tus has it: filename, targets, source_language, profile, …")
    ] = "",
) -> Response:  # fmt: skip
    """Wishes are metadata, as in the form of /v1/videos."""
    told = metadata_in(upload_metadata)
    if upload_length > taking.most_bytes(here):
        raise too_large(taking.most_bytes(here))
    metadata = metadata_of(told)
    checked(metadata, caller.tenant, here)
    metadata = with_trace(metadata, request.headers.get("traceparent"))
    with taking.room(caller.tenant, here):
        record, tag = await _begun(
            told.get("filename") or told.get("name") or "", metadata, upload_length, upload_metadata, caller, here
        )
        headers = {"Location": f"/v1/uploads/{record.id}"}
        if request.headers.get("content-type") == OFFSET_TYPE:
            writer = Writer(here.state, here.backend.pieces, record, tag)
            headers |= await _received(writer, request, here)
    return Response(status_code=201, headers=headers | _state_of(record) | SPEAKS)


@router.head(
    "/{upload}", status_code=200, dependencies=SPOKEN, response_class=Response, summary="How far an upload is",
    responses=_told(200, "So far", "Upload-Offset", "Upload-Length", "Upload-Expires", "Chalkstream-Job"),
)  # fmt: skip
async def offset(upload: UploadId, caller: Who, here: Here) -> Response:
    """The offset at which to go on. An upload that had all its bytes and no job yet becomes its job now."""
    record, tag = await asyncio.to_thread(load, here.state, caller.tenant, upload)
    if record.offset == record.size and record.job is None and not record.tail:
        writer = Writer(here.state, here.backend.pieces, record, tag)
        record = await _ended(writer, here)
    headers = {"Upload-Length": str(record.size), "Upload-Offset": str(record.offset), "Cache-Control": "no-store"}
    headers |= {"Upload-Metadata": record.told} if record.told else {}
    return Response(status_code=200, headers=headers | _state_of(record) | SPEAKS)


@router.patch(
    "/{upload}", status_code=204, dependencies=SPOKEN, response_class=Response, openapi_extra=BODY,
    summary="Go on with an upload", responses=_told(204, "Taken", "Upload-Offset", "Upload-Expires", "Chalkstream-Job"),
)  # fmt: skip
async def patch(
    request: Request, upload: UploadId, caller: Who, here: Here,
    upload_offset: Annotated[int, Header(ge=0, lt=1 << 53, description="Where these bytes begin.")],
    upload_checksum: Annotated[str | None, Header(max_length=200, description="Algorithm and base64 digest.")] = None,
) -> Response:  # fmt: skip
    """What has come stands, also when the line breaks; with the last byte the upload becomes a job."""
    if request.headers.get("content-type") != OFFSET_TYPE:
        raise Refused(415, "invalid_request", f"the content type is not {OFFSET_TYPE}", "speak tus 1.0.0")
    expected = checksum_in(upload_checksum)
    with taking.room(caller.tenant, here):
        record, tag = await asyncio.to_thread(load, here.state, caller.tenant, upload)
        if record.offset != upload_offset:
            raise Refused(409, "conflict", f"the upload is at {record.offset}", "go on there")
        if record.job is not None:
            return Response(status_code=204, headers={"Upload-Offset": str(record.size)} | _state_of(record) | SPEAKS)
        writer = Writer(here.state, here.backend.pieces, record, tag, provisional=expected is not None)
        headers = await _received(writer, request, here, expected)
    return Response(status_code=204, headers=headers | SPEAKS)


@router.delete(
    "/{upload}", status_code=204, dependencies=SPOKEN, response_class=Response, summary="Give an upload up",
    responses=_told(204, "Gone"),
)  # fmt: skip
async def terminate(upload: UploadId, caller: Who, here: Here) -> Response:
    """Its bytes go. A job that it has become stays."""
    record, _ = await asyncio.to_thread(load, here.state, caller.tenant, upload)
    await asyncio.to_thread(_drop, record, here)
    return Response(status_code=204, headers=SPEAKS)


async def _begun(
    name: str, metadata: dict[str, str], size: int, told: str, caller: Caller, here: Site
) -> tuple[UploadState, str]:
    there = await asyncio.to_thread(lambda: sum(1 for _ in here.state.names(f"{FOLDER}{caller.tenant}/")))
    if there >= MOST_OPEN:
        raise too_many(f"{MOST_OPEN} uploads are unfinished", "finish some, or give them up", seconds=60)
    key = here.backend.key(caller.tenant, name)
    upload = await asyncio.to_thread(here.backend.pieces.begin, key, metadata)
    record = UploadState(
        id=uuid.uuid4().hex, tenant=caller.tenant, key=key, upload=upload, size=size, told=told, metadata=metadata,
        expires=here.now() + here.settings.gateway.upload_hours * 3600,
    )  # fmt: skip
    tag = await asyncio.to_thread(here.state.create, record.name, to_bytes(record))
    return record, tag or ""


async def _received(
    writer: Writer, request: Request, here: Site, expected: tuple[str, bytes] | None = None
) -> dict[str, str]:
    """Headers of the answer. A line that breaks leaves what has come, unless it has a checksum."""
    await writer.claim()
    digest = hashlib.new(expected[0], usedforsecurity=False) if expected else None
    try:
        async for chunk in arriving(request):
            if digest is not None:
                digest.update(chunk)
            await writer.write(chunk)
    except (ClientDisconnect, Refused, asyncio.CancelledError) as error:
        await asyncio.shield(_kept(writer, error))
        raise
    if digest is not None and expected is not None and digest.digest() != expected[1]:
        await writer.give_back()
        raise Refused(460, "invalid_request", "the bytes don't have that checksum", "send them again")
    await writer.settle()
    if writer.record.offset == writer.record.size:
        await _ended(writer, here)
    return {"Upload-Offset": str(writer.record.offset)} | _state_of(writer.record)


async def _kept(writer: Writer, error: BaseException) -> None:
    too_much = isinstance(error, Refused) and error.status != 408
    how: Callable[[], Awaitable[None]] = writer.give_back if writer.provisional or too_much else writer.settle
    with suppress(Refused):
        await how()


async def _ended(writer: Writer, here: Site) -> UploadState:
    """The object, its job, and the record of both."""
    stored = await writer.end()
    status = await taking.began(stored, writer.record.tenant, here)
    await writer.became(status.job)
    return writer.record


def _state_of(record: UploadState) -> dict[str, str]:
    headers = {"Upload-Expires": formatdate(record.expires, usegmt=True)}
    return headers | ({"Chalkstream-Job": record.job} if record.job else {})


def _drop(record: UploadState, here: Site) -> None:
    if record.job is None:
        with suppress(NotFound):
            here.backend.pieces.drop(record.key, record.upload)
    for name in here.state.names(record.name):
        here.state.remove(name)


async def look(here: Site) -> None:
    """Uploads whose time is over go; those that became jobs after it too."""
    for name in await asyncio.to_thread(lambda: list(here.state.names(FOLDER))):
        kept = await asyncio.to_thread(here.state.get, name) if "." not in name else None
        record = UploadState.model_validate_json(kept.data) if kept else None
        if record is not None and record.expires < here.now():
            await asyncio.to_thread(_drop, record, here)


def metadata_in(header: str) -> dict[str, str]:
    """``name base64,name base64``. Raises BadInput("invalid_request")."""
    found: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise BadInput("invalid_request", "Upload-Metadata can't be read", "pairs of a name and base64") from None
    return found


def checksum_in(header: str | None) -> tuple[str, bytes] | None:
    """Algorithm and digest. Raises BadInput("invalid_request")."""
    if header is None:
        return None
    name, _, value = header.partition(" ")
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if name not in CHECKSUMS or not digest:
        raise BadInput("invalid_request", "Upload-Checksum can't be read", f"one of {', '.join(CHECKSUMS)}, and base64")
    return name, digest
