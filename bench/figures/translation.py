"""Translation in batches, as ours does it, over one call per sentence, both at their best thread count."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench.figures.figure import Figure, Lab, judged
from bench.shapes import LENGTHS, length_word, translator
from bench.statistics import ratios
from bench.words import word

SENTENCES, SINGLES = 64, 4
BOUNDS = {1: (4.0, 8.0), 4: (2.0, 3.0)}
THREADS = ((2, 1), (1, 2), (1, 1))
"""(instances, threads of each)."""


@dataclass(frozen=True)
class Take:
    """One arm's turn: tokens per second, and each source with its translation."""

    rate: float
    made: Mapping[str, str]

    @property
    def digest(self) -> str:
        """A hash of the translations."""
        return sha256("\n".join(self.made.values()).encode()).hexdigest()[:12]


def sentences(count: int) -> list[str]:
    """Sources of 5 to 50 words whose targets are about as long as they are."""
    rng = random.Random(5)
    found = []
    for number in range(count):
        length = LENGTHS[number * 7 % len(LENGTHS)]
        words = [word(rng.randrange(20_000, 90_000)) for _ in range(round(length * rng.uniform(0.75, 1.25)))]
        words.insert(rng.randrange(len(words)), length_word(length))
        found.append(" ".join(words) + ".")
    return found


def measure(lab: Lab) -> list[Figure]:
    """Tokens per second, batched over single, at each beam."""
    name = "micro" if lab.quick else "600m"
    folder = translator(lab.models, name)
    texts = sentences(SENTENCES)
    models = {threads: _Model(folder, threads) for threads in THREADS}
    return [_beam(lab, models, texts, beam, name) for beam in BOUNDS]


class _Model:
    """Our engine over a translator of so many instances and threads."""

    def __init__(self, folder: Path, threads: tuple[int, int]) -> None:
        self._folder, self._threads = folder, threads
        self._engines: dict[int, Any] = {}

    def take(self, texts: Sequence[str], beam: int, *, single: bool) -> Take:
        """All texts at once or one after another."""
        engine, began = self.engine(beam), perf_counter()
        if single:
            made = [engine.translate([text], ["en"], ["fr"])[0] for text in texts]
        else:
            made = engine.translate(texts, ["en"] * len(texts), ["fr"] * len(texts))
        tokens = sum(len(text.split()) for text in made)
        return Take(tokens / (perf_counter() - began), dict(zip(texts, made, strict=True)))

    def engine(self, beam: int) -> Any:
        """Loaded for one beam at a time: each takes a gigabyte."""
        if beam not in self._engines:
            self._engines = {beam: load(self._folder, self._threads, beam)}
        return self._engines[beam]


def load(folder: Path, threads: tuple[int, int], beam: int) -> Any:
    from processors.engines import nllb
    from schemas.plan import ModelIdentity

    identity = ModelIdentity(name=folder.name, revision="1", licence="CC0-1.0", sha256="")
    return nllb.load(
        folder, identity, languages=("en", "fr"), max_tokens=256, options={"beam_size": beam}, compute_type="int8",
        device="cpu", workers=threads[0], threads=threads[1],
    )  # fmt: skip


def _beam(lab: Lab, models: dict[tuple[int, int], _Model], texts: list[str], beam: int, name: str) -> Figure:
    some = texts[:: len(texts) // SINGLES][:SINGLES]
    alone = max(((1, 2), (1, 1)), key=lambda threads: models[threads].take(some, beam, single=True).rate)
    together = max(((2, 1), (1, 2)), key=lambda threads: models[threads].take(texts, beam, single=False).rate)
    taken: dict[str, list[Take]] = {"single": [], "batched": []}
    for number in range(lab.rounds):
        part = texts[number % 7 :: len(texts) // SINGLES][:SINGLES]
        for arm in ("single", "batched")[:: 1 if number % 2 else -1]:
            single = arm == "single"
            taken[arm].append(
                models[alone if single else together].take(part if single else texts, beam, single=single)
            )
    batched, single = ([take.rate for take in taken[arm]] for arm in ("batched", "single"))
    note = f"{name}: {median(batched):.0f} over {median(single):.1f} tokens/s; "
    note += f"batched {_shown(together)}, single {_shown(alone)}"
    label = "greedy" if beam == 1 else f"beam {beam}"
    raw = {arm: [(take.rate, take.digest) for take in takes] for arm, takes in taken.items()}
    figure = judged(
        f"translation batched over single, {label}", ratios(batched, single), "x", at_least=BOUNDS[beam], note=note,
        raw=raw,
    )  # fmt: skip
    return compared(figure, taken["single"], taken["batched"], greedy=beam == 1)


def compared(figure: Figure, single: Sequence[Take], batched: Sequence[Take], *, greedy: bool) -> Figure:
    """With the share of texts that both arms made and made alike, every time.

    Greedy arms that differ did not do the same work: the figure is invalid. With a beam, near equal scores may change
    places with the company in a batch (DESIGN §4): then the share is told.
    """
    same, shared = agreement(single, batched)
    figure = replace(figure, note=f"{figure.note}; {same} of {shared} texts agree", raw=figure.raw | {"same": same})
    return replace(figure, verdict="invalid: the texts differ") if same < shared and greedy else figure


def agreement(single: Sequence[Take], batched: Sequence[Take]) -> tuple[int, int]:
    """Of the sources that both arms translated: how many came out in one way only, and how many there are."""
    found: dict[str, set[str]] = defaultdict(set)
    for take in (*single, *batched):
        for source, text in take.made.items():
            found[source].add(text)
    shared = {source for take in single for source in take.made} & {source for take in batched for source in take.made}
    return sum(len(found[source]) == 1 for source in shared), len(shared)


def _shown(threads: tuple[int, int]) -> str:
    return f"{threads[0]} x {threads[1]} thread{'s' if threads[1] > 1 else ''}"
