"""The smallest pieces that layout moves: words, or clusters of scripts without blanks, each with its time.

Atoms are clean (``characters.clean``), never empty and never longer than a line; their times are whole
milliseconds within the media, starts never run backwards, and no atom ends after the next begins.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from processors.text.boundaries import PAUSE
from processors.text.characters import clean, clusters
from processors.text.phrases import CLINGS, NEVER, PLAIN, SENTENCE, break_cost
from schemas.transcript import Sentence
from schemas.writing import blank_between, unspaced


@dataclass(frozen=True, slots=True)
class Atom:
    """``blank``: one stands before it. ``opens``: it begins a sentence. ``cost``: of a break behind it."""

    text: str
    start: int
    end: int
    blank: bool
    opens: bool
    cost: float = SENTENCE


def pieces(text: str, limit: int) -> list[str]:
    """``text`` (clean) cut so that each piece may stand in a line of ``limit``: at blanks, in scripts without blanks
    between clusters, and hard where one piece is longer than ``limit``. A blank stands first in a piece it precedes.
    """
    found: list[str] = []
    for number, word in enumerate(text.split(" ")):
        parts = [part.strip() for run in _runs(word) for part in _hard(run, limit)]
        parts = [part for part in parts if part]
        found += [" " * (number > 0 and index == 0) + part for index, part in enumerate(parts)]
    return [found[0].lstrip(), *found[1:]] if found else []


def _runs(word: str) -> list[str]:
    """``word`` between the characters of scripts without blanks; other runs stay whole."""
    if not any(map(unspaced, word)):
        return [word]
    runs: list[str] = []
    for cluster in clusters(word):
        one_word = runs and not unspaced(cluster[0]) and not unspaced(runs[-1][0])
        if one_word or (runs and break_cost(runs[-1], cluster, "") >= NEVER):
            runs[-1] += cluster
        else:
            runs.append(cluster)
    return runs


def _hard(run: str, limit: int) -> list[str]:
    """``run`` in pieces of at most ``limit`` characters, clusters whole unless one alone is longer."""
    if len(run) <= limit:
        return [run]
    parts = [""]
    for cluster in clusters(run):
        if len(parts[-1]) + len(cluster) > limit:
            parts.append("")
        parts[-1] += cluster
    return [part[i : i + limit] for part in parts if part for i in range(0, len(part), limit)]


def milliseconds(seconds: float, before: int, limit: int) -> int:
    """``seconds`` as milliseconds within ``before`` and ``limit``; ``before`` for what is no number."""
    return max(before, min(limit, round(seconds * 1000))) if math.isfinite(seconds) else before


def from_words(sentences: Sequence[Sentence], limit: int, language: str, media_end: int) -> list[Atom]:
    """The atoms of spoken words. A piece of a word gets the share of its time that its length is."""
    atoms: list[Atom] = []
    before = 0
    for sentence in sentences:
        opens = True
        for word in sentence.words:
            texts = pieces(clean(word.text), limit)
            before = milliseconds(word.start, before, media_end)
            times = shares(texts, before, milliseconds(word.end, before, media_end))
            for index, (text, (start, end)) in enumerate(zip(texts, times, strict=True)):
                last = atoms[-1].text if atoms else ""
                blank = text[0] == " " if index else blank_between(last, text)
                atoms.append(Atom(text.lstrip(), start, end, blank, opens))
                before, opens = start, False
    return settle(atoms, language)


def shares(texts: Sequence[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    """``start`` to ``end`` divided among ``texts`` by length."""
    total = sum(map(len, texts)) or 1
    edges = [start + (end - start) * length // total for length in accumulate(map(len, texts), initial=0)]
    return pairwise(edges)


def settle(atoms: Iterable[Atom], language: str) -> list[Atom]:
    """``atoms`` with their ends cut at the next start and the cost of a break behind each."""
    given = list(atoms)
    settled = [
        replace(atom, end=min(atom.end, after.start), cost=_cost(atom, after, language))
        for atom, after in pairwise(given)
    ]
    return settled + [replace(atom, cost=SENTENCE) for atom in given[-1:]]


def _cost(atom: Atom, after: Atom, language: str) -> float:
    """A pause is a place where a listener expects a break: one second of it takes off 0.6 of the cost.

    But not where words cling together: there it is a hesitation.
    """
    pause = max(0, after.start - atom.end) / 1000
    if after.opens or pause >= PAUSE:
        return SENTENCE
    cost = break_cost(atom.text, after.text, language)
    if cost < CLINGS and not after.blank and not unspaced(atom.text[-1]) and not unspaced(after.text[0]):
        cost = CLINGS  # inside a word that is longer than a line
    return cost * (1 - 0.6 * min(1.0, pause)) if cost <= PLAIN else cost
