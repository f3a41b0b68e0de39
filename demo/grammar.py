"""Draws sentences from the lexicon, and keeps what training may see apart from what evaluation asks.

The split is a property of the sentence itself, a hash of its English words: a held-out sentence can be met in no
training run, whatever its seed, and the sample lecture consists of held-out sentences only. Fixed sentences always
train.
"""

import hashlib
import random
import re
from collections.abc import Iterator
from functools import cache

from demo.inflect import adjective_forms, forms, verb_forms
from demo.lexicon import LANGUAGES, Sentence, fixed_sentences, words
from demo.patterns import PATTERNS, Pattern

HELD_OUT_PART = 0.1
FIXED_WEIGHT = 1


def normal(text: str) -> str:
    """Words as they are counted and compared: lower case, no punctuation."""
    return " ".join(re.sub(r"[^\w' ]", " ", text.lower()).split())


@cache
def held_out(text: str) -> bool:
    """Whether this English sentence belongs to the evaluation side; case and punctuation do not matter."""
    digest = hashlib.sha256(normal(text).encode()).digest()
    return normal(text) not in _fixed() and digest[0] < 256 * HELD_OUT_PART


def draw(rng: random.Random) -> Sentence:
    """Any sentence of the grammar, of either side."""
    weights = [pattern.weight for pattern in PATTERNS]
    choice = rng.choices([*PATTERNS, None], [*weights, FIXED_WEIGHT])[0]
    plain = rng.choice(fixed_sentences()) if choice is None else fill(choice, rng)
    return {language: _capital(plain[language]) for language in LANGUAGES}


def sentences(seed: int, *, evaluation: bool = False) -> Iterator[Sentence]:
    """Endless draws from one side of the split; the evaluation side never repeats itself."""
    rng, seen = random.Random(seed), set[str]()
    while True:
        sentence = draw(rng)
        fixed = normal(sentence["en"]) in _fixed()
        if held_out(sentence["en"]) != evaluation or (evaluation and (fixed or sentence["en"] in seen)):
            continue
        seen.add(sentence["en"])
        yield sentence


def fill(pattern: Pattern, rng: random.Random) -> Sentence:
    slots = _draw_slots(rng)
    return {language: getattr(pattern, language).format(**slots[language]) for language in LANGUAGES}


def english_words() -> list[str]:
    """Every English word form a sentence can hold, sorted."""
    rng, found = random.Random(5), set[str]()
    for _ in range(20_000):
        found.update(normal(draw(rng)["en"]).split())
    return sorted(found)


@cache
def _fixed() -> frozenset[str]:
    return frozenset(normal(sentence["en"]) for sentence in fixed_sentences())


def _draw_slots(rng: random.Random) -> dict[str, dict[str, object]]:
    lexicon = words()
    a, b = rng.sample(lexicon.nouns, 2)
    v, w = rng.sample(lexicon.verbs, 2)
    x, y = rng.sample(lexicon.adjectives, 2)
    plain = {
        slot: rng.choice(lexicon.phrases[kind]) for slot, kind in (("n", "number"), ("t", "time"), ("p", "people"))
    }
    return {
        language: {
            "a": forms(language, a[language]),
            "b": forms(language, b[language]),
            "v": verb_forms(language, v[language]),
            "w": verb_forms(language, w[language]),
            "xa": adjective_forms(language, x[language], a[language]),
            "yb": adjective_forms(language, y[language], b[language]),
            **{slot: phrase[language] for slot, phrase in plain.items()},
        }
        for language in LANGUAGES
    }


def _capital(text: str) -> str:
    start = 1 if text[0] == "¿" else 0
    return text[:start] + text[start].upper() + text[start + 1 :]
