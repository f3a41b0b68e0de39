"""Lectures that are not: slides and two synthetic voices, with the truth about every sentence beside the video.

A lecture is written as it is spoken, sentence by sentence: its length costs no memory.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from demo import slides, speech
from demo.lexicon import LANGUAGES, Sentence
from demo.script import Line, Slide
from demo.speech import SAMPLE_RATE, Audio, Manner

VOICES = {"1": ("gmw/en-US", Manner(150, 45, 50)), "2": ("gmw/en-GB-x-rp+f2", Manner(155, 55, 55))}
FRAMES_PER_SECOND = 2
LEVEL = 0.5


@dataclass(frozen=True)
class Truth:
    """What was said when; seconds from the start of the file."""

    start: float
    end: float
    speaker: str
    voice: str
    text: Sentence


def write(script: Iterable[Line], out: Path, *, seconds: float = float("inf")) -> list[Truth]:
    """Speak and film `script` up to about `seconds` into `out`, and write its reference beside it."""
    truths: list[Truth] = []
    with _Film(out) as film:
        film.hear(speech.pause(0.6))
        for line in script:
            if line.slide:
                film.show(line.slide)
            truths.append(_speak(film, line))
            if film.seconds >= seconds:
                break
        film.hear(speech.pause(0.8))
    _write_reference(out, truths, film.seconds)
    return truths


def _speak(film: "_Film", line: Line) -> Truth:
    voice, manner = VOICES[line.speaker]
    spoken = speech.say(line.text["en"], voice, manner)
    start = film.seconds
    film.hear((spoken.audio * (LEVEL / np.abs(spoken.audio).max())).astype(np.float32))
    truth = Truth(round(start, 3), round(film.seconds, 3), line.speaker, voice, line.text)
    film.hear(speech.pause(line.pause))
    return truth


def _write_reference(out: Path, truths: list[Truth], seconds: float) -> None:
    """Beside `lecture.mp4`: `lecture.reference.json`, and one plain text per language."""
    content = {"duration": round(seconds, 3), "language": "en", "sentences": [asdict(truth) for truth in truths]}
    out.with_suffix(".reference.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    for language in LANGUAGES:
        text = "".join(truth.text[language] + "\n" for truth in truths)
        out.with_suffix(f".{language}.txt").write_text(text, "utf-8")


class _Film:
    """An MP4 being written; what is heard moves its clock, and the slide in view is filmed along."""

    def __init__(self, path: Path) -> None:
        self._container = av.open(str(path), "w", options={"movflags": "faststart", "fflags": "+bitexact"})
        self._video: Any = self._container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        self._video.width, self._video.height = slides.SIZE
        self._video.pix_fmt = "yuv420p"
        self._video.options = {"crf": "28", "preset": "veryfast", "g": "20", "threads": "1"}
        self._audio: Any = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="mono", bit_rate=48_000)
        self._samples = self._frames = 0
        self.show(Slide(0, "Lecture", ()))

    @property
    def seconds(self) -> float:
        return self._samples / SAMPLE_RATE

    def __enter__(self) -> "_Film":
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._video, self._audio):
            self._container.mux(stream.encode(None))
        self._container.close()

    def show(self, slide: Slide) -> None:
        picture = av.VideoFrame.from_ndarray(slides.draw(slide), format="rgb24")
        self._picture = picture.reformat(format="yuv420p")

    def hear(self, audio: Audio) -> None:
        frame = av.AudioFrame.from_ndarray(audio[None, :], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._samples, Fraction(1, SAMPLE_RATE)
        self._container.mux(self._audio.encode(frame))
        self._samples += len(audio)
        while self._frames < self.seconds * FRAMES_PER_SECOND:
            self._film_frame()

    def _film_frame(self) -> None:
        self._picture.pts, self._picture.time_base = self._frames, Fraction(1, FRAMES_PER_SECOND)
        self._container.mux(self._video.encode(self._picture))
        self._frames += 1
