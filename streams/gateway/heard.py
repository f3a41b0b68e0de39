"""What was heard in a file, in the shapes that OpenAI's clients read. Made from facts and files of one job."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from processors.bench import Store
from processors.text import subtitle_files
from schemas.cues import Cue, SubtitleFormat
from schemas.errors import Broken
from schemas.events import SpeechTranscribed
from schemas.jobs import JobStatus
from schemas.transcript import Segment
from streams.gateway.views import read_report


@dataclass(frozen=True)
class Heard:
    """``segments`` are the recogniser's; of a translation there are only cues."""

    language: str
    duration: float
    cues: tuple[Cue, ...]
    segments: tuple[Segment, ...] = ()

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(each.text.strip() for each in self.segments or self.cues)

    def file(self, form: SubtitleFormat) -> str:
        """A subtitle file."""
        return subtitle_files.write(self.cues, form, self.language).decode()

    def verbose(self, task: str, *, words: bool) -> dict[str, Any]:
        """``verbose_json``; what we don't know of a segment has the value that says so."""
        told: dict[str, Any] = {"task": task, "language": self.language, "duration": self.duration, "text": self.text}
        if words:
            told["words"] = [
                {"word": word.text, "start": word.start, "end": word.end}
                for each in self.segments
                for word in each.words
            ]
        each_of: Iterable[Segment | Cue] = self.segments or self.cues
        told["segments"] = [_segment(number, each) for number, each in enumerate(each_of)]
        return told


def _segment(number: int, each: Segment | Cue) -> dict[str, Any]:
    told: dict[str, Any] = {"id": number, "seek": 0, "start": each.start, "end": each.end, "text": each.text}
    known = each if isinstance(each, Segment) else Segment(start=0, end=0, text="")
    return told | {
        "tokens": [], "temperature": 0.0, "avg_logprob": known.mean_log_probability,
        "compression_ratio": known.compression, "no_speech_prob": known.no_speech,
    }  # fmt: skip


def read(store: Store, status: JobStatus, said: Iterable[SpeechTranscribed]) -> Heard:
    """On a worker thread: the transcript, or the English of what was not."""
    report = read_report(store, status)
    if report is None:
        raise Broken("internal", "the job has no report")
    spoken = report.language.detected or "und"
    language = "en" if "en" in report.languages and spoken != "en" else spoken
    told = report.languages.get(language)
    file = next((each for each in told.files if each.format == "vtt"), None) if told else None
    cues = subtitle_files.read(store.get(file.bucket, file.key), "vtt") if file else []
    own = language == spoken
    segments = (each for fact in sorted(said, key=lambda fact: fact.index) for each in fact.segments) if own else ()
    duration = report.source.duration or (cues[-1].end if cues else 0.0)
    return Heard(language, duration, tuple(cues), tuple(segments))
