"""Synthetic speech: espeak-ng through ctypes, with the time at which each word begins.

espeak-ng (GPL-3) is a build-time tool, taken from the package `espeakng-loader` where training runs; nothing of it is
shipped. Audio leaves here as mono float32 at 16 kHz in [-1, 1]; times are seconds from the first sample.
"""

import ctypes as c
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.libraries import library

SAMPLE_RATE = 16_000
Audio = NDArray[np.float32]

ACCENTS = ("en-US", "en", "en-GB-x-rp", "en-GB-scotland", "en-029", "en-GB-x-gbclan", "en-US-nyc")
VARIANTS = (
    *("", "", "m1", "m2", "m3", "m4", "m6", "m7", "m8", "f1", "f2", "f3", "f5"),
    *("Gene", "Mario", "Michael", "Lee", "Annie", "linda", "steph", "max", "Alex", "klatt2"),
)
TRAINED_VOICES = tuple(f"gmw/{accent}{'+' if variant else ''}{variant}" for accent in ACCENTS for variant in VARIANTS)
UNSEEN_VARIANTS = ("gmw/en-US+f4", "gmw/en+m5", "gmw/en-GB-scotland+f4", "gmw/en-029+m5", "gmw/en-US+Andy")
UNSEEN_ACCENTS = ("gmw/en-GB-x-gbcwmd", "gmw/en-GB-x-gbcwmd+f4")

_AUDIO_OUTPUT_SYNCHRONOUS = 2
_RATE, _PITCH, _RANGE = 1, 3, 4
_CHARS_UTF8 = 1
_EVENT_WORD = 1
_AUDIBLE = 0.004


@dataclass(frozen=True)
class Word:
    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Utterance:
    """One spoken sentence, trimmed of the silence around it."""

    text: str
    voice: str
    audio: Audio
    words: tuple[Word, ...]

    @property
    def seconds(self) -> float:
        return len(self.audio) / SAMPLE_RATE


@dataclass(frozen=True)
class Manner:
    """How a voice speaks: words per minute, and pitch and its range in espeak's 0-99."""

    rate: int = 160
    pitch: int = 50
    range: int = 50

    @classmethod
    def drawn(cls, rng: random.Random) -> "Manner":
        return cls(rng.randint(125, 205), rng.randint(20, 80), rng.randint(20, 80))


class _Id(c.Union):
    _fields_ = (("number", c.c_int), ("name", c.c_char_p), ("string", c.c_char * 8))


class _Event(c.Structure):
    _fields_ = (
        ("type", c.c_int),
        ("unique_identifier", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _Id),
    )


_Callback = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.POINTER(_Event))


class Espeak:
    """The library is one per process (its state is global): use `espeak()`."""

    def __init__(self) -> None:
        espeakng_loader = library("espeakng_loader")

        self._library: Any = c.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path()).encode()
        self.sample_rate: int = self._library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, 0)
        self._waves: list[NDArray[np.int16]] = []
        self._starts: dict[int, float] = {}
        self._callback = _Callback(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def synthesise(self, text: str, voice: str, manner: Manner) -> tuple[Audio, dict[int, float]]:
        """Raw audio at `sample_rate`, and the start in seconds of the word at each character position espeak
        reported.
        """
        self._waves, self._starts = [], {}
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice!r}")
        for parameter, value in ((_RATE, manner.rate), (_PITCH, manner.pitch), (_RANGE, manner.range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = text.encode() + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 1, 0, _CHARS_UTF8, None, None)
        self._library.espeak_Synchronize()
        audio: Audio = np.concatenate(self._waves).astype(np.float32) / np.float32(32768)
        return audio, self._starts

    def _collect(self, wave: Any, count: int, events: Any) -> int:
        for event in iter(events):
            if event.type == 0:
                break
            if event.type == _EVENT_WORD:
                self._starts.setdefault(event.text_position - 1, event.audio_position / 1000)
        if wave and count > 0:
            self._waves.append(np.ctypeslib.as_array(wave, (count,)).copy())
        return 0


@cache
def espeak() -> Espeak:
    return Espeak()


def say(text: str, voice: str, manner: Manner) -> Utterance:
    engine = espeak()
    raw, starts = engine.synthesise(text, voice, manner)
    begin, end = _audible(raw)
    audio = resample(raw[begin:end], engine.sample_rate)
    offset = begin / engine.sample_rate
    trimmed = {position: max(0.0, start - offset) for position, start in starts.items()}
    return Utterance(text, voice, audio, _words(text, trimmed, len(audio) / SAMPLE_RATE))


def resample(audio: Audio, rate: int) -> Audio:
    """Band-limited resampling to 16 kHz by cutting the spectrum; padded so that both lengths are whole numbers."""
    divisor = int(np.gcd(rate, SAMPLE_RATE))
    blocks = -(-len(audio) // (rate // divisor))
    padded = np.zeros(blocks * (rate // divisor), np.float32)
    padded[: len(audio)] = audio
    size = blocks * (SAMPLE_RATE // divisor)
    spectrum = np.fft.rfft(padded)[: size // 2 + 1]
    return (np.fft.irfft(spectrum, size) * (size / len(padded))).astype(np.float32)


def pause(seconds: float) -> Audio:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def _audible(raw: Audio) -> tuple[int, int]:
    loud = np.nonzero(np.abs(raw) > _AUDIBLE)[0]
    return max(0, int(loud[0]) - 300), min(len(raw), int(loud[-1]) + 900)


def _words(text: str, starts: dict[int, float], seconds: float) -> tuple[Word, ...]:
    """Every whitespace word with its interval; words that espeak reports as one event share it by letters."""
    found = [(match.start(), match.group()) for match in re.finditer(r"\S+", text)]
    anchors = [(i, starts[position]) for i, (position, _) in enumerate(found) if position in starts]
    if not anchors or anchors[0][0] != 0:
        anchors = [(0, 0.0), *anchors]
    begins = _interpolate([len(word) for _, word in found], [*anchors, (len(found), seconds)])
    ends = [*begins[1:], seconds]
    return tuple(Word(word, begin, end) for (_, word), begin, end in zip(found, begins, ends, strict=True))


def _interpolate(lengths: Sequence[int], anchors: Sequence[tuple[int, float]]) -> list[float]:
    begins: list[float] = []
    for (first, t0), (last, t1) in pairwise(anchors):
        total, done = sum(lengths[first:last]), 0
        for length in lengths[first:last]:
            begins.append(t0 + (t1 - t0) * done / max(total, 1))
            done += length
    return begins
