"""Recordings for the evaluation of speech: continuous speech with the truth about it, and sounds without any.

Ten held-out sentences in one voice with pauses of 0.25-1.2 s; clean means digital silence between them.
"""

import random
from dataclasses import dataclass
from itertools import islice

import numpy as np

from demo import grammar, speech
from demo.asr import features
from demo.speech import SAMPLE_RATE, Audio, Manner, Word

SENTENCES = 10
WITHOUT_SPEECH_SECONDS = 60.0


@dataclass(frozen=True)
class Recording:
    """`starts` are the true starts of its sentences, `words` all words with their true times."""

    audio: Audio
    text: str
    starts: list[float]
    words: list[Word]

    @property
    def seconds(self) -> float:
        return len(self.audio) / SAMPLE_RATE

    def with_noise(self, decibels: float) -> "Recording":
        level = float(np.sqrt((self.audio**2).mean())) * 10 ** (-decibels / 20)
        noise = np.random.default_rng(0).standard_normal(len(self.audio)) * level
        return Recording((self.audio + noise).astype(np.float32), self.text, self.starts, self.words)


def record(voice: str, seed: int) -> Recording:
    rng = random.Random(f"{voice}/{seed}")
    manner = Manner(rng.randint(135, 190), rng.randint(30, 70), 50)
    parts, starts, words, at, said = [speech.pause(0.3)], [], list[Word](), 0.3, []
    for sentence in islice(grammar.sentences(rng.randrange(1 << 30), evaluation=True), SENTENCES):
        spoken = speech.say(sentence["en"], voice, manner)
        gap = speech.pause(rng.uniform(0.25, 1.2))
        starts.append(at)
        words += [Word(word.text, at + word.start, at + word.end) for word in spoken.words]
        said.append(sentence["en"])
        parts += [spoken.audio, gap]
        at += (len(spoken.audio) + len(gap)) / SAMPLE_RATE
    audio = np.concatenate(parts)
    return Recording((audio * (0.5 / np.abs(audio).max())).astype(np.float32), " ".join(said), starts, words)


def without_speech() -> dict[str, Audio]:
    """Silence, white noise and music; none of it is in training."""
    rng = np.random.default_rng(4711)
    return {
        "silence": speech.pause(WITHOUT_SPEECH_SECONDS),
        "white noise": features.coloured_noise(rng, WITHOUT_SPEECH_SECONDS, 0.0),
        "music": features.music(rng, WITHOUT_SPEECH_SECONDS),
    }
