"""Facts: what happened to a job, in the past tense, small enough to travel (< 4 kB; bytes stay in the store).

Every class names its topic, its wire type and the fields that make it *this* fact within a run (its slot), from
which its id follows: announced again after a crash it has the same id and the same bytes.
"""

from typing import Any, ClassVar, Final, Literal

from schemas.base import Model, Seconds
from schemas.cues import SubtitleFormat
from schemas.errors import ErrorInfo
from schemas.ids import derive
from schemas.transcript import Segment

EXPRESS_SECONDS: Final = 120.0
"""The first part of each job travels on the express topic, so that short uploads never wait for long ones."""


class Event(Model):
    """A fact about one run of one job."""

    topic: ClassVar[str]
    fact: ClassVar[str]
    version: ClassVar[int] = 1
    slot: ClassVar[tuple[str, ...]] = ()
    spread_by: ClassVar[str | None] = None

    job: str
    run: int = 0
    tenant: str = "default"

    @classmethod
    def wire_type(cls) -> str:
        """The CloudEvents type, ``io.chalkstream.<fact>.v<n>``."""
        return f"io.chalkstream.{cls.fact}.v{cls.version}"

    @property
    def id(self) -> str:
        """The CloudEvents id: derived from what the fact is about, never from when or by whom it was said."""
        return derive(self.wire_type(), self.job, self.run, *(getattr(self, name) for name in self.slot))

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


def subclasses(base: type[Event] = Event) -> list[type[Event]]:
    """All kinds of fact that are defined (discovery: a new message is a class and nothing else)."""
    return [kind for child in base.__subclasses__() for kind in (child, *subclasses(child))]


def by_wire_type() -> dict[str, type[Event]]:
    """Wire type → class."""
    return {kind.wire_type(): kind for kind in subclasses()}
