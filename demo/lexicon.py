"""The one lexicon: every word and sentence that the demo models can hear, say or translate.

Words stand in `words/*.tsv`, sentence patterns in `patterns.py`. The law here: translation is one-to-one both ways.
No two English words share a word in another language, and no two English sentences share a translation, so that a
sentence in any language names exactly one sentence in every other. A test proves it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "fr", "es", "de")
WORDS = Path(__file__).parent / "words"
Sentence = Mapping[str, str]


@dataclass(frozen=True)
class Noun:
    """One noun in one language; `gender` is m, f or n (empty in English), `note` marks irregular article use."""

    word: str
    gender: str = ""
    oblique: str = ""
    note: str = ""

    @classmethod
    def parse(cls, cell: str, note: str = "") -> "Noun":
        """`m Gradient > Gradienten`: gender, word, and after `>` the form of the other cases."""
        gender, _, rest = cell.partition(" ")
        word, _, oblique = rest.partition(" > ")
        return cls(word, gender, oblique or word, note)


@dataclass(frozen=True)
class Words:
    """All words as rows: per row a mapping from language to what that language needs to inflect it."""

    nouns: list[dict[str, Noun]]
    adjectives: list[dict[str, list[str]]]
    verbs: list[dict[str, list[str]]]
    phrases: dict[str, list[dict[str, str]]]


@cache
def words() -> Words:
    return Words(
        nouns=[_noun(*row) for row in _rows("nouns")],
        adjectives=[_split(row) for row in _rows("adjectives")],
        verbs=[_split(row) for row in _rows("verbs")],
        phrases=_phrases(),
    )


def fixed_sentences() -> Sequence[Sentence]:
    """Greetings and the like: said as they stand, always in training, never in an evaluation."""
    return words().phrases["fixed"]


def _rows(name: str) -> Iterator[list[str]]:
    lines = (WORDS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return (line.split("\t") for line in lines if line and not line.startswith("#"))


def _noun(en: str, fr: str, es: str, de: str, note: str = "") -> dict[str, Noun]:
    return {"en": Noun(en), "fr": Noun.parse(fr, note), "es": Noun.parse(es, note), "de": Noun.parse(de)}


def _split(row: list[str]) -> dict[str, list[str]]:
    return {language: cell.split("/") for language, cell in zip(LANGUAGES, row, strict=True)}


def _phrases() -> dict[str, list[dict[str, str]]]:
    kinds: dict[str, list[dict[str, str]]] = {}
    for kind, *cells in _rows("phrases"):
        kinds.setdefault(kind, []).append(dict(zip(LANGUAGES, cells, strict=True)))
    return kinds
