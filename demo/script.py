"""What a lecture says and shows, before it is spoken: sentences with their speaker, slides and pauses.

The sample is written down in `sample/script.tsv`; longer lectures are drawn from the grammar by seed. Only held-out
sentences are said, so that no training run has met one.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from demo import grammar
from demo.lexicon import LANGUAGES, Sentence, words

SAMPLE = Path(__file__).parent / "sample"
PER_SLIDE = 6


@dataclass(frozen=True)
class Slide:
    number: int
    title: str
    points: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One sentence of a script; a slide where a new one comes up."""

    speaker: str
    text: Sentence
    slide: Slide | None
    pause: float


def sample_script() -> Iterator[Line]:
    rows = [line.split("\t") for line in (SAMPLE / "script.tsv").read_text("utf-8").splitlines() if line[0] != "#"]
    rng, number = random.Random(7), 0
    for at, (speaker, title, *texts) in enumerate(rows):
        number += bool(title)
        following = [row[2] for row in rows[at : at + PER_SLIDE]]
        slide = Slide(number, title, points(following)) if title else None
        yield Line(speaker, dict(zip(LANGUAGES, texts, strict=True)), slide, _pause(rng))


def drawn_script(seed: int) -> Iterator[Line]:
    """Endless, deterministic by seed; every sixth sentence opens a slide, the voices take turns."""
    rng, drawn, number, speaker = random.Random(seed), grammar.sentences(seed, evaluation=True), 0, "1"
    while True:
        part, number = [next(drawn) for _ in range(PER_SLIDE)], number + 1
        found = points(sentence["en"] for sentence in part)
        for at, sentence in enumerate(part):
            slide = Slide(number, f"Part {number}: the {found[0]}", found) if at == 0 else None
            yield Line(speaker, sentence, slide, _pause(rng))
            speaker = rng.choice("12") if rng.random() < 0.6 else speaker


def points(texts: Iterable[str]) -> tuple[str, ...]:
    """The first nouns of the lexicon that the texts name, for a slide."""
    nouns = {row["en"].word for row in words().nouns}
    named = [word for text in texts for word in grammar.normal(text).split() if word in nouns]
    return tuple(dict.fromkeys(named))[:5]


def _pause(rng: random.Random) -> float:
    return rng.uniform(0.4, 1.1)
