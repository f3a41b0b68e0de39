"""What stages keep in the bucket ``work``; ``seconds`` is how long the making took."""

from schemas.base import Model, Probability, Seconds
from schemas.cues import Violation
from schemas.errors import ErrorInfo
from schemas.events import LanguageFailed, SubtitlesReady
from schemas.media import DecodeEnd, MediaInfo
from schemas.plan import Options, Source
from schemas.report import MarkedSentence
from schemas.transcript import Lost, Segment, Sentence, Suppressed, Translation


class RefusedRecord(Model):
    """An upload that could not be planned, and all that is needed to try again."""

    error: ErrorInfo
    source: Source
    asked: Options = Options()


class RedrivenRecord(Model):
    """The mark that a dead letter was sent again, how and when (bucket ``state``)."""

    letter: str
    how: str
    at: str


class AudioRecord(Model):
    """The end of decoding: what the media is, and what of it could not be used."""

    media: MediaInfo
    end: DecodeEnd
    count: int
    sha256: str
    seconds: Seconds = 0.0


class ChunkRecord(Model):
    """One chunk; ``spans`` are the runs of speech in it (seconds on the media clock)."""

    index: int
    start: Seconds
    end: Seconds
    spans: tuple[tuple[Seconds, Seconds], ...]


class VoiceRecord(Model):
    """Voice detection after one part: what is carried on, and which chunks closed in it (``first`` to ``next``)."""

    first: int
    next: int
    frame: int
    floor: int
    start: int | None = None
    probabilities: tuple[Probability, ...] = ()
    hidden: str = ""
    cell: str = ""
    context: str = ""
    seconds: Seconds = 0.0


class SpeechRecord(Model):
    """The end of cutting."""

    count: int
    duration: Seconds
    first: int
    seconds: Seconds = 0.0


class WindowRecord(Model):
    """The language of one window of speech: chunks ``first`` to ``last``."""

    first: int
    last: int
    probabilities: dict[str, Probability]
    seconds: Seconds = 0.0


class LanguageRecord(Model):
    """The decision, taken once: ``decided_at`` is the chunk that settled it, None when the end of speech did."""

    language: str
    probability: Probability
    decided_at: int | None = None
    windows: tuple[WindowRecord, ...] = ()


class TranscriptRecord(Model):
    """One recognised chunk, times on the media clock."""

    index: int
    start: Seconds
    end: Seconds
    language: str
    segments: tuple[Segment, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    seconds: Seconds = 0.0


class BlockRecord(Model):
    """The sentences that begin in one block of chunks, and what its chunks left out."""

    index: int
    sentences: tuple[Sentence, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    lost: tuple[Lost, ...] = ()
    chunks: int = 0
    lossy: bool = False
    seconds: Seconds = 0.0


class TranscriptEnd(Model):
    """The whole transcript is there."""

    language: str
    count: int
    blocks: int
    sentences: int
    duration: Seconds


class TranslationRecord(Model):
    """One translated block, sentence for sentence."""

    index: int
    translations: tuple[Translation, ...] = ()
    lossy: bool = False
    seconds: Seconds = 0.0


class SubtitleRecord(Model):
    """One language's files, or why there are none, and how they keep the profile."""

    ready: SubtitlesReady | None = None
    failed: LanguageFailed | None = None
    violations: tuple[Violation, ...] = ()
    marked: tuple[MarkedSentence, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    lost: tuple[Lost, ...] = ()
    work: dict[str, tuple[int, Seconds]] = {}

    @property
    def error(self) -> ErrorInfo | None:
        """Why it failed, if it did."""
        return self.failed.error if self.failed else None
