"""Whole sentences through a model that has limits: one non-empty target per source, in order, or a mark that says why.

Pure but for the model call that is passed in. A sentence over the model's limit goes in pieces; one whose target
looks wrong is tried once more, split in two; what still looks wrong is kept and marked.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from processors.text.sentences import split_long
from schemas.transcript import Translation

Model = Callable[[Sequence[str], Sequence[str], Sequence[str]], list[str]]


@dataclass(frozen=True)
class Wish:
    """One sentence and where it should go (BCP-47 tags)."""

    text: str
    source: str
    target: str


def translate(wishes: Sequence[Wish], model: Model, *, count: Callable[[str], int], limit: int) -> list[Translation]:
    """One Translation per wish, in order; all pieces of all wishes travel in one call, a second one for the retries."""
    first = _through(wishes, [split_long(wish.text, limit, count) for wish in wishes], model)
    again = [at for at, wish in enumerate(wishes) if suspicious(wish.text, first[at])]
    halves = [split_long(wishes[at].text, max(2, count(wishes[at].text) // 2 + 1), count) for at in again]
    second = dict(zip(again, _through([wishes[at] for at in again], halves, model), strict=True))
    return [_judge(wish, first[at], second.get(at)) for at, wish in enumerate(wishes)]


def _through(wishes: Sequence[Wish], pieces: Sequence[Sequence[str]], model: Model) -> list[str]:
    flat = [(piece, wish) for wish, parts in zip(wishes, pieces, strict=True) for piece in parts]
    if not flat:
        return []
    texts, asked = zip(*flat, strict=True)
    answers = iter(model(texts, [wish.source for wish in asked], [wish.target for wish in asked]))
    return [_join(next(answers) for _ in parts) for parts in pieces]


def _join(parts: Iterable[str]) -> str:
    return " ".join(" ".join(parts).split())


def _judge(wish: Wish, first: str, second: str | None) -> Translation:
    if second is not None and not suspicious(wish.text, second):
        return Translation(text=second)
    return Translation(text=first or wish.text, marked=suspicious(wish.text, first))


def suspicious(source: str, target: str) -> str | None:
    """Why a target should not be trusted: ``empty``, ``untranslated``, ``repetition`` or ``length``; else None.

    Equal texts are fine for what has no other form: numbers, and names (every word begins with a capital).
    """
    if not re.search(r"\w", target) and re.search(r"\w", source):
        return "empty"
    if target.casefold() == source.casefold() and not _has_one_form(source):
        return "untranslated"
    if _repeats(target) and not _repeats(source):
        return "repetition"
    if len(target) > 20 + 4 * len(source) or 4 * len(target) + 20 < len(source):
        return "length"
    return None


def _has_one_form(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text)
    return all(word[0].isupper() for word in words)


def _repeats(text: str) -> bool:
    """A phrase of one to four words, four times in a row."""
    return re.search(r"\b(\w+(?:\W+\w+){0,3}?)(?:\W+\1\b){3}", text) is not None
