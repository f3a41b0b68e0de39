"""``/v1/jobs/{job}/cues/{lang}``: the cues of a language, and a person's changes to them.

An edit is an object of its own, changed only by who has seen what it replaces. It is shown at once; a new run of the
job then lays its files out from it, as every later run does, so that the bucket and the topics tell the same.
"""

import asyncio
import hashlib
import logging
import unicodedata
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from processors.text.compliance import violations
from processors.text.profiles import profile
from processors.text.subtitle_files import cleaned
from schemas.base import Model, to_bytes
from schemas.cues import Cue, Violation
from schemas.edits import EditRecord, edit_key
from schemas.errors import BadInput, ChalkstreamError
from schemas.jobs import JobStatus
from schemas.plan import Options
from streams.gateway.captions import Captions, Language, captions
from streams.gateway.finding import find
from streams.gateway.jobs import JobId, run_again
from streams.gateway.problems import Refused, documented
from streams.gateway.ranges import matches
from streams.gateway.site import Here, Site, Who
from streams.gateway.views import read_report

router = APIRouter(prefix="/v1/jobs", tags=["files"])
NEVER: Final = frozenset({"empty", "order", "overlap", "media_end"})
"""Rules that an edit may not break; others are a person's own choice, and are told."""
UNDONE: Final = "todo/edits/"
QUIET_SECONDS: Final = 1.0
log = logging.getLogger(__name__)


class EditedCue(BaseModel):
    """Seconds of the media, and text with a line break between its lines."""

    start: float = Field(ge=0, lt=1e6, allow_inf_nan=False)
    end: float = Field(ge=0, lt=1e6, allow_inf_nan=False)
    text: str = Field(max_length=2_000)


class Edit(BaseModel):
    """All cues, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"cues": [{"start": 0.596, "end": 3.333, "text": "Today we describe\nthe matrix."}]}
        }
    )

    cues: list[EditedCue] = Field(max_length=50_000)


class Limits(BaseModel):
    """What the job's profile asks for; ``max_chars_per_second`` in this language."""

    name: str
    max_lines: int
    max_chars_per_line: int
    min_duration: float
    max_duration: float
    min_gap: float
    max_chars_per_second: float


class Cues(BaseModel):
    """The cues as they are shown. ``duration``: where the media ends."""

    language: str
    edited: bool
    profile: Limits
    duration: float
    cues: list[EditedCue]
    violations: list[Violation]


class RenewRecord(Model):
    """A job whose files are older than its edits."""

    tenant: str
    job: str


TAGGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The cues",
        "headers": {"ETag": {"schema": {"type": "string"}, "description": "For If-Match."}},
    }
}


@router.get("/{job}/cues/{language}", responses=TAGGED | documented(404), summary="Cues of a language")
async def cues(job: JobId, language: Language, caller: Who, here: Here, response: Response) -> Cues:
    """As they are shown, with what they don't keep of the profile."""
    status = await find(job, caller, here)
    shown = await asyncio.to_thread(_shown, status, language, here)
    response.headers["ETag"] = f'"{shown[1]}"'
    return shown[0]


@router.put(
    "/{job}/cues/{language}", responses=TAGGED | documented(404, 409, 412, 428), summary="Change cues of a language"
)
async def edit(
    job: JobId, language: Language, caller: Who, here: Here, body: Annotated[Edit, Body()], response: Response,
    if_match: Annotated[str | None, Header(max_length=200, description="The ETag of what is replaced.")] = None,
) -> Cues:  # fmt: skip
    """All cues of the language. What is kept is shown at once, survives every re-run and gives new files."""
    status = await find(job, caller, here)
    if if_match is None:
        raise Refused(428, "invalid_request", "If-Match is missing", "send the ETag of the cues that you have changed")
    shown = await asyncio.to_thread(_edited, status, language, body, if_match, here)
    here.behind(renew_soon(status, here))
    response.headers["ETag"] = f'"{shown[1]}"'
    return shown[0]


def _shown(status: JobStatus, language: str, here: Site) -> tuple[Cues, str]:
    found = captions(status, language, here)
    return _document(found, media_end(found, status, here)), tag_of(found)


def _edited(status: JobStatus, language: str, body: Edit, if_match: str, here: Site) -> tuple[Cues, str]:
    """Raises Refused (412) where something else stands, and (400) for what may never be."""
    found = captions(status, language, here)
    until = media_end(found, status, here)
    if not matches(if_match, tag_of(found)):
        raise _other()
    record = EditRecord(
        language=found.language, cues=tuple(_checked(body, found, until)), edited=f"{here.now():.3f}"
    )  # fmt: skip
    key = edit_key(status.tenant, status.job, found.language)
    todo = RenewRecord(tenant=status.tenant, job=status.job)
    here.state.create(UNDONE + status.job, to_bytes(todo))
    keep = here.state.create(key, to_bytes(record)) if not found.tag else here.state.replace(
        key, to_bytes(record), found.tag
    )  # fmt: skip
    if keep is None:
        raise _other()
    here.state.create(UNDONE + status.job, to_bytes(todo))  # a run that began meanwhile has taken the first one away
    found = Captions(found.plan, found.language, found.made, record.cues, keep)
    return _document(found, until), tag_of(found)


def _other() -> Refused:
    return Refused(412, "conflict", "somebody else has changed these cues", "get them again and change those")


def _checked(body: Edit, found: Captions, until: float) -> list[Cue]:
    """The cues as a file can hold them. Raises Refused that names each cue and the rule that it breaks."""
    lines = [tuple(filter(_is_seen, each.text.split("\n"))) for each in body.cues]
    told = [Cue(start=each.start, end=each.end, lines=seen) for each, seen in zip(body.cues, lines, strict=True)]
    style = profile(found.plan.profile)
    kept = [each for cue in told for each in cleaned([cue]) or [cue.model_copy(update={"lines": ()})]]
    broken = [each for each in violations(kept, style, found.language, until) if each.rule in NEVER]
    if broken:
        raise Refused(
            400, "invalid_request", f"cue {broken[0].cue} breaks the rule {broken[0].rule}",
            "cues are in order, don't overlap, are not empty and end with the media",
            more={"errors": [each.model_dump() for each in broken[:100]]},
        )  # fmt: skip
    return kept


def _is_seen(line: str) -> bool:
    """Whether there is anything to see in it: blanks and marks without a width are nothing."""
    return any(unicodedata.category(letter)[0] not in "CZ" for letter in line)


def tag_of(found: Captions) -> str:
    """Of an edit the state's own, else one of the file's bytes."""
    return found.tag or hashlib.sha256(b"".join(found.made.values())).hexdigest()[:32]


def media_end(found: Captions, status: JobStatus, here: Site) -> float:
    """Seconds: what the report says, or the last cue if that is later."""
    report = read_report(here.backend.bench.store, status)
    declared = (report.source.duration if report else None) or status.duration or 0.0
    return max([declared, *(cue.end for cue in found.made_cues[-1:])])


def _document(found: Captions, until: float) -> Cues:
    style, shown = profile(found.plan.profile), found.cues
    limits = Limits(
        name=style.name, max_lines=style.max_lines, max_chars_per_line=style.max_line_characters,
        min_duration=style.min_duration, max_duration=style.max_duration, min_gap=style.min_gap,
        max_chars_per_second=style.speed_limit(found.language),
    )  # fmt: skip
    return Cues(
        language=found.language, edited=found.edited is not None, profile=limits, duration=until,
        cues=[EditedCue(start=cue.start, end=cue.end, text="\n".join(cue.lines)) for cue in shown],
        violations=violations(shown, style, found.language, until),
    )  # fmt: skip


async def renew_soon(status: JobStatus, here: Site) -> None:
    """A new run when a person has stopped typing; what can't be begun now is begun by ``look``."""
    await asyncio.sleep(QUIET_SECONDS)
    await _renew(UNDONE + status.job, here)


async def look(here: Site) -> None:
    """Files that are older than edits get their run."""
    for name in await asyncio.to_thread(lambda: list(here.state.names(UNDONE))):
        await _renew(name, here)


async def _renew(name: str, here: Site) -> None:
    """The note goes first: an edit that comes meanwhile leaves another."""
    kept = await asyncio.to_thread(here.state.get, name)
    record = RenewRecord.model_validate_json(kept.data) if kept else None
    status = here.backend.board.get(record.tenant, record.job) if record else None
    if status is None or not status.ended:
        return
    await asyncio.to_thread(here.state.remove, name)
    if status.state not in ("done", "partial"):
        return  # what failed is not begun again by an edit
    try:
        await run_again(status, Options(), here)
    except BadInput as error:
        log.info("an edit's run was not begun: %s", error.code)
    except ChalkstreamError:
        await asyncio.to_thread(here.state.create, name, to_bytes(record or RenewRecord(tenant="", job="")))
