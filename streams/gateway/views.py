"""A job as HTTP shows it: its state, its files by our own addresses, and what was lost of it."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from processors.bench import Store
from processors.recipes import RESULTS
from schemas.errors import ErrorInfo, NotFound
from schemas.jobs import JobStatus
from schemas.report import Report
from schemas.transcript import Lost

REMEMBERED: Final = 1_024
FILE: Final = re.compile(r".+\.([A-Za-z0-9-]{2,40})\.(srt|vtt)")
EXAMPLE: Final[dict[str, Any]] = {
    "job": "6652f23e-348b-57a4-8dd7-3b7939dd37a1", "run": 0, "state": "running", "progress": 0.42,
    "stage": "transcribe", "audio_seconds": 61.5, "duration": 61.5, "languages": {"en": "done", "fr": "running"},
    "error": None, "created": "2026-01-01T10:00:00.000+00:00", "updated": "2026-01-01T10:00:04.000+00:00",
    "name": "lecture.mp4", "partial": False, "warnings": [], "lost": [],
    "files": [{
        "language": "en", "format": "vtt", "kind": "transcript", "size": 1024, "cues": 14, "edited": False,
        "url": "/v1/jobs/6652f23e-348b-57a4-8dd7-3b7939dd37a1/subtitles/en.vtt",
    }],
    "media": "/v1/jobs/6652f23e-348b-57a4-8dd7-3b7939dd37a1/media",
}  # fmt: skip


class JobFile(BaseModel):
    """One subtitle file. ``size`` and ``cues`` are known when the job has ended."""

    language: str
    format: str
    kind: str
    url: str
    size: int | None = None
    cues: int | None = None


class Job(BaseModel):
    """One job as it stands."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    job: str
    run: int
    state: str
    progress: float
    stage: str
    audio_seconds: float
    duration: float | None = None
    languages: dict[str, str]
    error: ErrorInfo | None = None
    created: str
    updated: str
    name: str
    partial: bool
    warnings: tuple[str, ...] = ()
    lost: tuple[Lost, ...] = ()
    files: tuple[JobFile, ...] = ()
    media: str


class JobPage(BaseModel):
    """Some jobs, newest first. ``next``: the cursor of the next page."""

    jobs: list[Job]
    next: str | None = None


@dataclass
class Views:
    """Reads what a view needs from the store; of jobs that have ended, once."""

    store: Store
    _known: OrderedDict[tuple[str, int, str], Report | None] = field(default_factory=OrderedDict)

    async def one(self, status: JobStatus) -> Job:
        """The job."""
        if status.ended:
            report = await self._report(status)
            return shown(status, report, () if report else await self._listed(status))
        ready = set(status.languages.values()) & {"done", "partial"}
        return shown(status, None, await self._listed(status) if ready else ())

    async def all(self, found: Sequence[JobStatus]) -> list[Job]:
        """A page of them, at the same time."""
        return list(await asyncio.gather(*map(self.one, found)))

    async def _report(self, status: JobStatus) -> Report | None:
        name = (status.job, status.run, status.updated)
        if name not in self._known:
            self._known[name] = await asyncio.to_thread(read_report, self.store, status)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known.get(name)

    async def _listed(self, status: JobStatus) -> Sequence[tuple[str, str]]:
        """Language and format of the files that stand, of languages that are ready."""
        ready = {tag for tag, state in status.languages.items() if state in ("done", "partial")}
        names = await asyncio.to_thread(lambda: list(self.store.names(RESULTS, f"{status.tenant}/{status.job}/")))
        found = (FILE.fullmatch(name.rpartition("/")[2]) for name in names)
        return [(each[1], each[2]) for each in found if each and each[1] in ready]


def read_report(store: Store, status: JobStatus) -> Report | None:
    """The report of the job's run, if it has one."""
    try:
        data = store.get(RESULTS, f"{status.tenant}/{status.job}/result.json")
    except NotFound:
        return None
    report = Report.model_validate_json(data)
    return report if report.run == status.run else None


def shown(status: JobStatus, report: Report | None, listed: Sequence[tuple[str, str]]) -> Job:
    """The view. Pure."""
    files = tuple(_file(status, language, made) for language, made in listed)
    if report is not None:
        files = tuple(
            _file(status, tag, each.format, size=each.size, cues=told.cues, spoken=report.language.detected)
            for tag, told in report.languages.items()
            for each in told.files
        )
    partial = status.state == "partial" or "partial" in status.languages.values()
    return Job(
        **status.model_dump(exclude={"tenant", "source", "transcribed_seconds"}), name=name_of(status),
        partial=partial, warnings=report.warnings if report else (), lost=report.lost if report else (), files=files,
        media=f"/v1/jobs/{status.job}/media",
    )  # fmt: skip


def name_of(status: JobStatus) -> str:
    """The upload's file name."""
    return status.source.get("key", "").rstrip("/").rpartition("/")[2] or status.job


def _file(
    status: JobStatus, language: str, made: str, *, size: int | None = None, cues: int | None = None,
    spoken: str | None = None,
) -> JobFile:  # fmt: skip
    """What was not asked for as a target is the transcript, where no report says better."""
    is_transcript = language == spoken if spoken else next(iter(reversed(status.languages)), "") == language
    return JobFile(
        language=language, format=made, kind="transcript" if is_transcript else "translation", size=size, cues=cues,
        url=f"/v1/jobs/{status.job}/subtitles/{language}.{made}",
    )  # fmt: skip
