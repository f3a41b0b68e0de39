"""``result.json``: everything that was decided about a job, for people and machines (CONTRACT §5)."""

from typing import Any

from schemas.base import Model, Probability, Seconds
from schemas.cues import Violation
from schemas.errors import ErrorInfo
from schemas.events import SubtitleFile
from schemas.media import Track
from schemas.plan import ModelIdentity
from schemas.transcript import Lost, Suppressed


class ReportSource(Model):
    """The media as it was."""

    bucket: str
    key: str
    etag: str
    size: int
    version_id: str | None = None
    sha256: str | None = None
    duration: Seconds | None = None
    container: str | None = None
    streams: tuple[Track, ...] = ()


class ReportLanguage(Model):
    """The spoken language; probability 1 when it was given."""

    detected: str | None = None
    probability: Probability = 0.0


class Compliance(Model):
    """What the profile asks for and what could not be met."""

    profile: str
    violations: tuple[Violation, ...] = ()


class MarkedSentence(Model):
    """A translated sentence that a reader should not trust, 0-based within its language."""

    sentence: int
    start: Seconds
    reason: str


class LanguageReport(Model):
    """One language's files and how good they are."""

    files: tuple[SubtitleFile, ...] = ()
    cues: int = 0
    compliance: Compliance | None = None
    marked: tuple[MarkedSentence, ...] = ()
    error: ErrorInfo | None = None


class Timing(Model):
    """Work of one stage: how many items, how many seconds in all."""

    count: int = 0
    seconds: Seconds = 0.0


class Report(Model):
    """The whole of it."""

    job: str
    run: int
    tenant: str
    state: str
    source: ReportSource
    language: ReportLanguage = ReportLanguage()
    models: dict[str, ModelIdentity] = {}
    languages: dict[str, LanguageReport] = {}
    suppressed: tuple[Suppressed, ...] = ()
    lost: tuple[Lost, ...] = ()
    warnings: tuple[str, ...] = ()
    timings: dict[str, Timing] = {}
    error: ErrorInfo | None = None
    chalkstream: dict[str, Any] = {}
