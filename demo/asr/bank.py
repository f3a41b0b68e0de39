"""The bank of spoken sentences: log-mel frames on disk, with the interval of every word.

Only training sentences are spoken here (`grammar.sentences`), in `TRAINED_VOICES`, plus strings of random words, so
that the decoder learns to hear and not only to guess the grammar. The evaluation's own small bank is made with
`evaluation=True`.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo import grammar, speech
from demo.asr.features import BANDS, Mel, log_mel
from demo.asr.tokens import Tokens
from demo.training import say

RANDOM_STRINGS = 0.18


@dataclass(frozen=True)
class SpokenWord:
    """A word's tokens and its interval in frames of its utterance."""

    tokens: list[int]
    start: float
    end: float
    text: str


class Bank:
    """Random access to utterances by voice; frames are mapped from disk, not loaded."""

    def __init__(self, folder: Path, tokens: Tokens) -> None:
        self._frames: NDArray[np.float16] = np.load(folder / "frames.npy", mmap_mode="r")
        self._rows: list[dict[str, Any]] = json.loads((folder / "utterances.json").read_text())
        self._words = [[_spoken(word, tokens) for word in row["words"]] for row in self._rows]
        self._by_voice: dict[str, list[int]] = {}
        for index, row in enumerate(self._rows):
            self._by_voice.setdefault(str(row["voice"]), []).append(index)
        self.voices = sorted(self._by_voice)

    def __len__(self) -> int:
        return len(self._rows)

    def pick(self, rng: random.Random, voice: str) -> int:
        return rng.choice(self._by_voice[voice])

    def words(self, index: int) -> list[SpokenWord]:
        return self._words[index]

    def mel(self, index: int) -> Mel:
        row = self._rows[index]
        begin, count = int(row["begin"]), int(row["frames"])
        return self._frames[begin : begin + count].T.astype(np.float32)


def _spoken(word: tuple[str, float, float], tokens: Tokens) -> SpokenWord:
    text, start, end = word
    return SpokenWord(tokens.word(text), start * 100, end * 100, text)


def build(folder: Path, count: int, seed: int, *, evaluation: bool = False) -> None:
    """Speak `count` sentences and write frames.npy (frames, 80) as float16, and utterances.json."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, mels, begin = [], [], 0
    for utterance in _utterances(count, seed, evaluation):
        mel = log_mel(utterance.audio).T.astype(np.float16)
        words = [(word.text, round(word.start, 3), round(word.end, 3)) for word in utterance.words]
        rows.append(
            {"text": utterance.text, "voice": utterance.voice, "begin": begin, "frames": len(mel), "words": words}
        )
        mels.append(mel)
        begin += len(mel)
    np.save(folder / "frames.npy", np.concatenate(mels) if mels else np.zeros((0, BANDS), np.float16))
    (folder / "utterances.json").write_text(json.dumps(rows))
    say(f"bank {folder.name}: {len(rows)} utterances, {begin / 360_000:.1f} h")


def _utterances(count: int, seed: int, evaluation: bool) -> Iterator[speech.Utterance]:
    rng = random.Random(seed)
    texts = _texts(rng, seed, evaluation)
    for _ in range(count):
        spoken = speech.say(next(texts), rng.choice(speech.TRAINED_VOICES), speech.Manner.drawn(rng))
        level = 0.4 / (np.abs(spoken.audio).max() + 1e-6) * 10 ** rng.uniform(-0.5, 0.3)
        yield speech.Utterance(spoken.text, spoken.voice, (spoken.audio * level).astype(np.float32), spoken.words)


def _texts(rng: random.Random, seed: int, evaluation: bool) -> Iterator[str]:
    words, drawn = grammar.english_words(), grammar.sentences(seed, evaluation=evaluation)
    while True:
        if evaluation or rng.random() >= RANDOM_STRINGS:
            yield next(drawn)["en"]
            continue
        text = " ".join(rng.choices(words, k=rng.randint(2, 8)))
        if not grammar.held_out(text):
            yield text[0].upper() + text[1:] + rng.choice("...?")
