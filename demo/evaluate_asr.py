"""Evaluates the pack's speech model through faster-whisper, as a user would run it: VAD, beam, word times.

Segment starts are the segments' own timestamps (word times off): with them on, faster-whisper moves a segment's start
to its first word's, which swallows the pause before it. Text is taken with word times on, so that a segment lost to
broken alignment counts as lost words.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demo import grammar, speech
from demo.manifest import read
from demo.recordings import Recording, record, without_speech
from demo.scores import word_errors

NOISE_DECIBELS = 20.0
TAKES = 2


@dataclass(frozen=True)
class Hearing:
    """One recording heard: errors against the truth, how far segment starts are off, and what word times lost."""

    words: int
    errors: int
    start_errors: list[float]
    lost_words: int
    seconds: float
    took: float


class Listener:
    """A faster-whisper model with the options of the pack."""

    def __init__(self, pack: Path, threads: int = 2) -> None:
        from faster_whisper import WhisperModel

        section = read(pack)["asr"]
        self._options: Mapping[str, Any] = section["options"]
        self.model = WhisperModel(
            str(pack / section["path"]), device="cpu", compute_type=section["compute_type"], cpu_threads=threads
        )

    def starts(self, segments: list[Any]) -> list[float]:
        """The segments' own timestamps: to one alone in its window, faster-whisper gives the window's start instead."""
        first = self.model.hf_tokenizer.token_to_id("<|notimestamps|>") + 1
        return [segment.seek / 100 + (segment.tokens[0] - first) / 50 for segment in segments]

    def segments(self, audio: speech.Audio, *, word_times: bool) -> list[Any]:
        found, _ = self.model.transcribe(audio, vad_filter=True, word_timestamps=word_times, **self._options)
        return list(found)


def evaluate(pack: Path) -> dict[str, dict[str, float]]:
    """Per set: WER, segment start errors in ms (median, p90), lost words and real-time factor."""
    listener = Listener(pack)
    sets = {
        "seen voices": ["gmw/en-US", "gmw/en+m3", "gmw/en-GB-x-rp+f2", "gmw/en-GB-scotland"],
        "unseen variants": list(speech.UNSEEN_VARIANTS),
        "unseen accent": list(speech.UNSEEN_ACCENTS) * 2,
    }
    rows: dict[str, dict[str, float]] = {}
    unseen: list[Hearing] = []
    for name, voices in sets.items():
        recordings = [record(voice, take) for take in range(TAKES) for voice in sorted(set(voices))]
        for sound, made in (
            ("clean", recordings),
            ("20 dB noise", [one.with_noise(NOISE_DECIBELS) for one in recordings]),
        ):
            heard = [hear(listener, one) for one in made]
            rows[f"{name}, {sound}"] = _row(heard)
            unseen += heard if name.startswith("unseen") else []
    return rows | {"unseen voices, all": _row(unseen)} | {"without speech": _words_without_speech(listener)}


def hear(listener: Listener, recording: Recording) -> Hearing:
    began = time.perf_counter()
    timed = listener.segments(recording.audio, word_times=True)
    took = time.perf_counter() - began
    plain = listener.segments(recording.audio, word_times=False)
    truth, text = grammar.normal(recording.text), _text(timed)
    return Hearing(
        words=len(truth.split()),
        errors=word_errors(truth, text),
        start_errors=[
            min((abs(start - own) for own in listener.starts(plain)), default=9.0) for start in recording.starts
        ],
        lost_words=_lost(timed, plain),
        seconds=recording.seconds,
        took=took,
    )


def _lost(timed: list[Any], plain: list[Any]) -> int:
    """Words that word times cost: missing from their segment's words, without a time, or in a segment that vanished."""
    missing = sum(max(0, len(segment.text.split()) - len(segment.words or [])) for segment in timed)
    broken = sum(not np.isfinite(word.start + word.end) for segment in timed for word in segment.words or [])
    vanished = [one for one in plain if not any(two.start < one.end and one.start < two.end for two in timed)]
    return missing + broken + sum(len(segment.text.split()) for segment in vanished)


def _text(segments: list[Any]) -> str:
    return grammar.normal(" ".join(segment.text for segment in segments))


def _row(heard: list[Hearing]) -> dict[str, float]:
    starts = [error * 1000 for one in heard for error in one.start_errors]
    words = sum(one.words for one in heard)
    return {
        "wer_percent": round(100 * sum(one.errors for one in heard) / words, 2),
        "words": words,
        "start_median_ms": round(float(np.median(starts)), 1),
        "start_p90_ms": round(float(np.percentile(starts, 90)), 1),
        "lost_words": sum(one.lost_words for one in heard),
        "real_time_factor": round(sum(one.took for one in heard) / sum(one.seconds for one in heard), 4),
    }


def _words_without_speech(listener: Listener) -> dict[str, float]:
    heard = {name: listener.segments(audio, word_times=False) for name, audio in without_speech().items()}
    return {f"words in {name}": len(_text(segments).split()) for name, segments in heard.items()}
