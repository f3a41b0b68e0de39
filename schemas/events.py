"""Facts: what happened to a job, in the past tense, small enough to travel (< 4 kB; bytes stay in the store).

Every class names its topic, its wire type and the fields that make it *this* fact within a run (its slot), from
which its id follows: announced again after a crash it has the same id and the same bytes.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal, Self
from urllib.parse import unquote_plus

from schemas.base import Model, Seconds
from schemas.cues import SubtitleFormat
from schemas.errors import BadInput, ErrorInfo
from schemas.ids import derive, version_id
from schemas.jobs import JobStatus
from schemas.notification import S3Notification
from schemas.transcript import Segment

EXPRESS_SECONDS: Final = 120.0
"""The first part of each job travels on the express topic, so that short uploads never wait for long ones."""
ANY_RUN: Final = -1
"""In a wish: the run that goes on, whichever that is."""
USER_METADATA: Final = "x-amz-meta-"


KINDS: Final[dict[str, type["Event"]]] = {}
"""Every kind of fact by its wire type."""
PLAIN: Final[dict[str, type["PlainEvent"]]] = {}
"""By topic, those that others say in their own words."""


class Event(Model):
    """A fact about one run of one job."""

    topic: ClassVar[str]
    fact: ClassVar[str] = ""
    version: ClassVar[int] = 1
    slot: ClassVar[tuple[str, ...]] = ()
    spread_by: ClassVar[str | None] = None
    by_job: ClassVar[bool] = True

    job: str
    run: int = 0
    tenant: str = "default"

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """A new message is a class and nothing else: it is known by being defined."""
        if cls.fact:
            KINDS[cls.wire_type()] = cls

    @classmethod
    def wire_type(cls) -> str:
        """The CloudEvents type, ``io.chalkstream.<fact>.v<n>``."""
        return f"io.chalkstream.{cls.fact}.v{cls.version}"

    @property
    def id(self) -> str:
        """The CloudEvents id: derived from what the fact is about, never from when or by whom it was said.

        Remembered without a lock: ``cached_property`` has one for all facts, on which threads wait for each other.
        """
        known: str | None = self.__dict__.get("id")
        if known is None:
            known = self.__dict__["id"] = derive(self.wire_type(), *self.identity())
        return known

    def identity(self) -> tuple[Any, ...]:
        """What its id is derived from, besides its kind."""
        return (self.job, self.run, *[getattr(self, name) for name in self.slot])

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy finds its own id."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("id", None)
        return copied

    @property
    def key(self) -> str:
        """The record's key."""
        return self.job

    @property
    def on(self) -> str:
        """The topic this very event travels on."""
        return self.topic


class VideoAccepted(Event):
    """A job was planned; its plan stands in the store."""

    topic, fact = "media.videos", "video-accepted"


class PartDecoded(Event):
    """One part of the decoded audio is stored; ``start``/``end`` in samples of the media clock."""

    topic, fact, slot = "media.audio", "part-decoded", ("index",)
    index: int
    start: int
    end: int
    duration: Seconds | None = None


class AudioEnded(Event):
    """Decoding is over: there are ``count`` parts, ``samples`` samples in all."""

    topic, fact = "media.audio", "audio-ended"
    count: int
    samples: int


class SpeechCut(Event):
    """A chunk of speech was cut, ``start`` to ``end`` on the media clock."""

    topic, fact, slot = "media.chunks", "speech-cut", ("index",)
    index: int
    start: Seconds
    end: Seconds


class SpeechEnded(Event):
    """No more chunks: there are ``count`` of them; ``duration`` is the media clock at its end."""

    topic, fact = "media.chunks", "speech-ended"
    count: int
    duration: Seconds


class SpeechFound(Event):
    """A chunk with its language, ready to be recognised."""

    topic, fact, slot, spread_by = "media.speech", "speech-found", ("index",), "index"
    express_topic: ClassVar[str] = "media.speech.express"
    index: int
    start: Seconds
    end: Seconds
    language: str

    @property
    def on(self) -> str:
        """The express topic for the first minutes of a job."""
        return self.express_topic if self.start < EXPRESS_SECONDS else self.topic


class SpeechIdentified(Event):
    """All ``count`` chunks are known and so is their language: the end of the stream that ``assemble`` joins."""

    topic, fact = "media.transcribed", "speech-identified"
    count: int
    duration: Seconds
    language: str


class SpeechTranscribed(Event):
    """One recognised chunk; a public topic, so the text itself is here. ``lost`` says why there is none."""

    topic, fact, slot = "media.transcribed", "speech-transcribed", ("index",)
    index: int
    start: Seconds
    end: Seconds
    language: str
    segments: tuple[Segment, ...] = ()
    lost: str | None = None


class BlockAssembled(Event):
    """The sentences that begin in one block of chunks are stored; one such fact per target."""

    topic, fact, slot, spread_by = "media.sentences", "block-assembled", ("block", "target"), "block"
    block: int
    language: str
    target: str
    sentences: int
    characters: int


class TranscriptReady(Event):
    """Every block of the transcript is stored."""

    topic, fact = "media.transcripts", "transcript-ready"
    language: str
    blocks: int
    sentences: int
    duration: Seconds


class BlockTranslated(Event):
    """One block is stored in the target language, or ``lost`` says why not."""

    topic, fact, slot = "media.translated", "block-translated", ("block", "target")
    block: int
    target: str
    lost: str | None = None


class SubtitleFile(Model):
    """One file in the store."""

    format: SubtitleFormat
    bucket: str
    key: str
    sha256: str
    size: int


class SubtitlesReady(Event):
    """The subtitles of one language are stored (CONTRACT §3)."""

    topic, fact, slot = "media.subtitles", "subtitles-ready", ("language",)
    language: str
    source: dict[str, Any]
    kind: Literal["transcript", "translation"]
    files: tuple[SubtitleFile, ...]
    cues: int
    duration: Seconds
    partial: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Compaction keeps the newest per job and language."""
        return f"{self.job}/{self.language}"


class LanguageFailed(Event):
    """One language could not be made."""

    topic, fact, slot = "media.subtitles", "language-failed", ("language",)
    language: str
    error: ErrorInfo

    @property
    def key(self) -> str:
        """Same key as the success it stands in for."""
        return f"{self.job}/{self.language}"


class JobEnded(Event):
    """Nothing more will come of this run."""

    topic, fact = "media.ended", "job-ended"
    state: Literal["done", "partial", "failed", "cancelled"]
    error: ErrorInfo | None = None
    languages: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    source: dict[str, str] | None = None


class PlainEvent(Event):
    """A fact that others say in their own words: read by its topic, not by a wire type.

    ``wire`` is the shape of the record where that is not the fact itself.
    """

    wire: ClassVar[type[Model] | None] = None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Known by its topic too."""
        super().__pydantic_init_subclass__()
        if cls.fact:
            PLAIN[cls.topic] = cls

    @classmethod
    def from_record(cls, headers: dict[str, str], key: bytes | None, value: bytes | None, place: str) -> "PlainEvent":
        """The fact in a record; ``place`` is topic-partition-offset. Raises BadInput."""
        raise BadInput("invalid_request", f"{cls.__name__} can't be read from a record")


class StoredObject(Model):
    """One object as the store's notification names it; ``key`` is unescaped, ``metadata`` the user's own."""

    bucket: str
    key: str
    etag: str
    size: int
    version_id: str | None = None
    metadata: dict[str, str] = {}


class UploadNotified(PlainEvent):
    """The store says that objects were put (S3 event JSON, as it writes it)."""

    topic, fact, slot, wire = "media.uploads", "upload-notified", ("place",), S3Notification
    objects: tuple[StoredObject, ...]
    place: str

    @classmethod
    def from_record(
        cls, headers: dict[str, str], key: bytes | None, value: bytes | None, place: str
    ) -> "UploadNotified":
        """Keys are query-escaped in S3 events; events that create nothing leave no objects."""
        try:
            records = json.loads(value or b"")["Records"]
            objects = tuple(_stored(record["s3"]) for record in records if "ObjectCreated" in record["eventName"])
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise BadInput("invalid_request", f"no S3 notification ({type(error).__name__})") from None
        return cls(job=derive("upload", place), objects=objects, place=place)


def _stored(s3: dict[str, Any]) -> StoredObject:
    thing = s3["object"]
    return StoredObject(
        bucket=s3["bucket"]["name"], key=unquote_plus(thing["key"]), etag=str(thing.get("eTag", "")).strip('"'),
        size=int(thing.get("size", 0)), version_id=version_id(thing.get("versionId")),
        metadata=_user_metadata(thing.get("userMetadata") or {}),
    )  # fmt: skip


def _user_metadata(told: dict[str, Any]) -> dict[str, str]:
    """MinIO tells it with the event; other stores leave it out."""
    names = {name: name.lower() for name in told}
    mine = {lower: str(told[name]) for name, lower in names.items() if lower.startswith(USER_METADATA)}
    return {name.removeprefix(USER_METADATA): value for name, value in mine.items()}


class JobControl(PlainEvent):
    """Somebody asked for a run of a job, and those before it, to stop, or for the whole job to go.

    Without CloudEvents headers it is understood too: any Kafka client may say it.
    """

    topic, fact, slot = "media.control", "job-control", ("action",)
    action: Literal["cancel", "delete"]
    run: int = ANY_RUN

    @property
    def last_run(self) -> int:
        """The last run that is meant: this one (of any, the first is known to be), or all there will ever be."""
        return 1 << 31 if self.action == "delete" else max(0, self.run)

    @classmethod
    def from_record(cls, headers: dict[str, str], key: bytes | None, value: bytes | None, place: str) -> "JobControl":
        """The JSON of a record, with or without an envelope."""
        told = headers.get("ce_type", cls.wire_type())
        if told != cls.wire_type():
            ours = told.rpartition(".v")[0] == cls.wire_type().rpartition(".v")[0]
            raise BadInput("unknown_version" if ours else "invalid_request", f"a control message of type {told!r}")
        try:
            return cls.model_validate_json(value or b"")
        except ValueError:
            raise BadInput("invalid_request", "no control message: it needs a job and an action") from None


class JobChanged(JobStatus, Event):
    """A job as it stands (``media.jobs``); written by one stage only, every change a fact of its own."""

    topic, fact = "media.jobs", "job-changed"

    def identity(self) -> tuple[Any, ...]:
        """The whole."""
        return (self.model_dump(mode="json"),)

    @property
    def status(self) -> JobStatus:
        """The job itself."""
        return JobStatus.model_validate(self.model_dump())
