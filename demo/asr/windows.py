"""Training windows: what faster-whisper shows the model, drawn from the bank, with all that is to be learnt from it.

A window begins where the last one's text ended (so with the pause before the next sentence, sometimes with a rest of
the last word), holds up to 10 s, and mostly breaks off inside a sentence, which is then only announced by its
timestamp. Windows without speech answer <|nospeech|> at the start token, and nothing after an empty timestamp.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from demo.asr import features
from demo.asr.bank import Bank, SpokenWord
from demo.asr.features import BANDS, SILENCE, Mel
from demo.asr.tokens import Tokens

LIMIT = 1000
LETTERS = " abcdefghijklmnopqrstuvwxyz"
IGNORED = -100
Interval = tuple[float, float]


@dataclass(frozen=True)
class Style:
    """One stage of the curriculum. `cut`: at most so many words of a sentence (0: whole); `many`: the share of
    windows with several sentences; `clean`: the share without background; `masked`: SpecAugment masks per axis.
    """

    batch: int
    padding: int
    cut: int = 0
    many: float = 0.0
    clean: float = 0.5
    masked: int = 1


@dataclass(frozen=True)
class Segment:
    begin: int
    frames: int
    words: list[SpokenWord]

    @property
    def end(self) -> int:
        return self.begin + self.frames


@dataclass
class Window:
    """`tokens[i]` is followed by `targets[i]`, which should be read where `guides[i]` (frames) points; `letters` for
    CTC.
    """

    mel: Mel
    tokens: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    guides: list[Interval | None] = field(default_factory=list)
    letters: list[int] = field(default_factory=list)


class Windows:
    """Draws windows from a bank; the same rng gives the same windows."""

    def __init__(self, bank: Bank, tokens: Tokens, rng: random.Random, style: Style) -> None:
        self._bank, self._tokens, self._rng, self._style = bank, tokens, rng, style
        self._writer = Writer(tokens)

    def pool(self, batches: int) -> Iterator[list[Window]]:
        """`batches` batches of windows of like length (padding is most of the cost otherwise), in random order."""
        size = self._style.batch
        drawn = [self.draw(self._rng.random() < self._style.many) for _ in range(batches * size)]
        drawn.sort(key=lambda window: window.mel.shape[1])
        order = self._rng.sample(range(batches), batches)
        return (drawn[k * size : (k + 1) * size] for k in order)

    def draw(self, many: bool) -> Window:
        if not self._style.cut and self._rng.random() < 0.035:
            frames = self._rng.randint(50, LIMIT if many else 300)
            mel = self._finish(np.full((BANDS, frames), SILENCE, np.float32), silent=True)
            return self._writer.silent(mel)
        mel, segments, broken = self._speech(many)
        timestamps = self._rng.random() >= 0.25
        return self._writer.speech(self._finish(mel), segments, broken, timestamps=timestamps)

    def _speech(self, many: bool) -> tuple[Mel, list[Segment], int | None]:
        """Frames, whole sentences, and where one begins that does not end in the window."""
        rng, voice = self._rng, self._rng.choice(self._bank.voices)
        same, wanted = rng.random() < 0.7, (99 if rng.random() < 0.6 else rng.randint(2, 4)) if many else 1
        at, pieces, segments, broken = self._lead(), list[tuple[int, Mel]](), list[Segment](), None
        for _ in range(wanted):
            words, mel = self._sentence(voice if same else rng.choice(self._bank.voices))
            frames = mel.shape[1]
            if not segments:
                at = min(at, max(0, LIMIT - frames))
            if at + frames > LIMIT:
                broken = at if LIMIT - at >= 10 else None
                pieces.append((at, mel))
                break
            pieces.append((at, mel))
            segments.append(Segment(at, frames, words))
            at += frames + self._pause()
            if at >= LIMIT:
                break
        full = at + 1 > LIMIT or len(pieces) > len(segments)
        total = LIMIT if full else min(LIMIT, segments[-1].end + rng.randint(0, 15 if self._style.cut else 80))
        return self._joined(pieces, segments[0].begin, total), segments, broken

    def _joined(self, pieces: list[tuple[int, Mel]], lead: int, total: int) -> Mel:
        mel = np.full((BANDS, total), SILENCE, np.float32)
        for begin, piece in pieces:
            end = min(total, begin + piece.shape[1])
            mel[:, begin:end] = piece[:, : end - begin]
        if lead >= 25 and self._rng.random() < 0.2:
            rest = self._bank.mel(self._rng.randrange(len(self._bank)))[:, -self._rng.randint(2, 10) :]
            mel[:, : rest.shape[1]] = rest
        return mel

    def _lead(self) -> int:
        if self._style.cut:
            return self._rng.randint(0, 15)
        return 0 if self._rng.random() < 0.12 else self._rng.randint(0, 60 if self._rng.random() < 0.5 else 160)

    def _pause(self) -> int:
        return self._rng.randint(10, 120) if self._rng.random() < 0.8 else self._rng.randint(120, 200)

    def _sentence(self, voice: str) -> tuple[list[SpokenWord], Mel]:
        index = self._bank.pick(self._rng, voice)
        words, mel = self._bank.words(index), self._bank.mel(index)
        if not self._style.cut or len(words) < 2:
            return words, mel
        count = self._rng.randint(1, min(self._style.cut, len(words)))
        first = self._rng.randint(0, len(words) - count)
        return _cut(words[first : first + count], mel) or (words, mel)

    def _finish(self, mel: Mel, *, silent: bool = False) -> Mel:
        rng, style = self._rng, self._style
        if rng.random() >= style.clean or (silent and rng.random() < 0.7):
            mel = self._with_background(mel, silent)
        mel = features.coloured(mel, rng)
        mel = features.normalise(mel, rng.uniform(0, 0.8) if rng.random() < 0.5 else 0.0)
        return self._masked(mel)

    def _with_background(self, mel: Mel, silent: bool) -> Mel:
        rng, power = self._rng, 10**mel
        noise = rng.choice(features.backgrounds())
        at = rng.randint(0, noise.shape[1] - mel.shape[1] - 1)
        part = noise[:, at : at + mel.shape[1]]
        below = rng.uniform(0, 4) if silent else rng.uniform(0.4, 4)
        level = (1e-2 if silent else float(power.mean())) * 10**-below
        mixed: Mel = np.log10(np.maximum(power + part * (level / part.mean()), 1e-10)).astype(np.float32)
        return mixed

    def _masked(self, mel: Mel) -> Mel:
        rng, mean, frames = self._rng, mel.mean(), mel.shape[1]
        for _ in range(self._style.masked):
            width = rng.randint(0, 9)
            at = rng.randint(0, BANDS - 1 - width)
            mel[at : at + width] = mean
        for _ in range(rng.randint(0, self._style.masked * (1 + frames // 200))):
            width = rng.randint(0, 9)
            at = rng.randint(0, max(1, frames - width - 1))
            mel[:, at : at + width] = mean
        return mel


class Writer:
    """Writes the token sequence of a window, and for each token the frames it should be read from."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._start = [tokens["startoftranscript"], tokens["en"], tokens["transcribe"]]
        self._end = tokens["endoftext"]
        self._marks = {tokens.word(f"a{mark}")[-1] for mark in ".?"}

    def silent(self, mel: Mel) -> Window:
        nothing = self._tokens.timestamp(0)
        return Window(
            mel,
            tokens=[*self._start, nothing],
            targets=[self._tokens["nospeech"], IGNORED, nothing, self._end],
            guides=[None] * 4,
        )

    def speech(self, mel: Mel, segments: list[Segment], broken: int | None, *, timestamps: bool) -> Window:
        body: list[tuple[int, Interval | None]] = []
        nexts = [segment.begin for segment in segments[1:]] + [broken or mel.shape[1]]
        for segment, following in zip(segments, nexts, strict=True):
            body += self._segment(segment, following, timestamps)
        if broken is not None and timestamps:
            body.append((self._tokens.timestamp(broken), (broken - 4, broken + 8)))
        after = (nexts[-1] - 8 if broken is None else broken, mel.shape[1])
        start = self._start if timestamps else [*self._start, self._tokens["notimestamps"]]
        ids, guides = [token for token, _ in body], [guide for _, guide in body]
        skipped = [IGNORED] * (len(start) - 2)
        return Window(
            mel,
            tokens=[*start, *ids],
            targets=[self._tokens["en"], *skipped, *ids, self._end],
            guides=[None] * (len(start) - 1) + guides + [after],
            letters=_letters(segments),
        )

    def _segment(self, segment: Segment, following: int, timestamps: bool) -> list[tuple[int, Interval | None]]:
        begin, end = segment.begin, segment.end
        out = [token for word in segment.words for token in self._word(word, begin)]
        if out[-1][0] in self._marks:
            out[-1] = (out[-1][0], (end - 4, max(end + 4, following - 2)))
        if timestamps:
            out.insert(0, (self._tokens.timestamp(begin), (begin - 4, begin + 8)))
            out.append((self._tokens.timestamp(end), (end - 12, end + 8)))
        return out

    def _word(self, word: SpokenWord, begin: int) -> Iterator[tuple[int, Interval | None]]:
        """A word's tokens share its interval by letters."""
        letters = [self._tokens.letters(token) for token in word.tokens]
        total, done, span = sum(letters), 0, word.end - word.start
        for token, count in zip(word.tokens, letters, strict=True):
            low, high = word.start + span * done / total, word.start + span * (done + count) / total
            yield token, (begin + low - 2, begin + high + 2)
            done += count


def _cut(words: list[SpokenWord], mel: Mel) -> tuple[list[SpokenWord], Mel] | None:
    begin, end = int(words[0].start), int(np.ceil(words[-1].end))
    if end - begin <= 12:
        return None
    moved = [SpokenWord(word.tokens, word.start - begin, word.end - begin, word.text) for word in words]
    return moved, mel[:, begin:end]


def _letters(segments: list[Segment]) -> list[int]:
    text = " ".join(word.text for segment in segments for word in segment.words).lower()
    return [1 + LETTERS.index(letter) for letter in re.sub("[^a-z ]", "", text)]
