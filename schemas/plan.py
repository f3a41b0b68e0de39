"""What ``accept`` froze about a job, and the identities that follow from it."""

from typing import Final

from schemas.base import Model, Seconds
from schemas.cues import SubtitleFormat
from schemas.ids import derive

LONGEST_STEM: Final = 180
"""Bytes of a result's name that come from the upload's: with language and ending it fits any file system."""


class Source(Model):
    """An upload as the store names it; ``etag`` unquoted, ``version_id`` only where the bucket is versioned."""

    bucket: str
    key: str
    etag: str
    size: int
    version_id: str | None = None

    @property
    def id(self) -> str:
        """Identity of the bytes: artefacts stand under it, so that jobs about the same bytes share them."""
        return derive("source", self.bucket, self.key, self.version_id or self.etag)


class Options(Model):
    """What a person may ask for; ``None`` is not asked. Precedence: object, then tenant, then default."""

    targets: tuple[str, ...] | None = None
    source_language: str | None = None
    profile: str | None = None
    formats: tuple[SubtitleFormat, ...] | None = None
    track: int | None = None

    def over(self, other: "Options") -> "Options":
        """These options, with ``other`` where nothing was asked for here."""
        return other.model_copy(update=self.model_dump(exclude_none=True))


class ModelIdentity(Model):
    """Which model it was, to the byte: part of every recipe and of every report."""

    name: str
    revision: str
    licence: str
    sha256: str


class Plan(Model):
    """Everything that decides a job's result. Frozen at accept; a re-run with other wishes is a new plan."""

    job: str
    run: int = 0
    tenant: str = "default"
    source: Source
    source_language: str = "auto"
    targets: tuple[str, ...] = ()
    profile: str = "edu-default"
    formats: tuple[SubtitleFormat, ...] = ("srt", "vtt")
    track: int | None = None
    asr: ModelIdentity
    mt: ModelIdentity | None = None
    chunk_seconds: Seconds = 30.0
    created: str
    traceparent: str | None = None

    @property
    def stem(self) -> str:
        """The upload's file name without its ending: the first part of every result's name."""
        name = self.source.key.rstrip("/").rsplit("/", 1)[-1]
        stem = name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
        plain = "".join("_" if letter in "/\\" or not letter.isprintable() else letter for letter in stem)
        return plain.encode()[:LONGEST_STEM].decode(errors="ignore").strip() or "media"


def job_id(source: Source, options: Options) -> str:
    """The same upload and wishes are the same job, however often notified (CONTRACT §2)."""
    return derive(
        "job",
        source.bucket,
        source.key,
        source.version_id or source.etag,
        options.model_dump(mode="json", exclude_none=True),
    )
