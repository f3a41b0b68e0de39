"""What the chat model is asked and answers: a glossary, small talk, and everything else, to which it says that it
doesn't know.

Templates, questions and words whose kind ends in `-unseen` belong to the evaluation and are met in no training run.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from demo import grammar
from demo.lexicon import words

WORDS = Path(__file__).parent / "words"
UNKNOWN = "I don't know. I only know the words of a small glossary."
ARTICLES = ("a ", "an ")


@dataclass(frozen=True)
class Exchange:
    question: str
    answer: str


@cache
def glossary() -> dict[str, str]:
    """Answers by term, the term with its article."""
    return {row[0]: row[1] for row in _rows("glossary")}


@cache
def texts(kind: str) -> list[str]:
    return [row[1] for row in _rows("questions") if row[0] == kind]


@cache
def small_talk() -> list[tuple[str, list[str]]]:
    return [(row[1], row[2:]) for row in _rows("questions") if row[0] == "faq"]


def ask(template: str, term: str) -> str:
    return template.format(a=term, x=bare(term))


def bare(term: str) -> str:
    return next((term.removeprefix(article) for article in ARTICLES if term.startswith(article)), term)


def draw(rng: random.Random) -> Exchange:
    """One exchange of the training side, as people type: any case, with or without its mark."""
    kind = rng.random()
    if kind < 0.5:
        term = rng.choice(list(glossary()))
        return Exchange(_typed(rng, ask(rng.choice(texts("ask")), term)), glossary()[term])
    if kind < 0.6:
        answer, asked = rng.choice(small_talk())
        return Exchange(_typed(rng, rng.choice(asked)), answer)
    return Exchange(_typed(rng, _outside(rng)), UNKNOWN)


def unseen_paraphrases() -> Iterator[Exchange]:
    """Every term in every template of the evaluation side."""
    for term, answer in glossary().items():
        yield from (Exchange(ask(template, term), answer) for template in texts("ask-unseen"))


def unseen_outside() -> Iterator[Exchange]:
    """Questions that the glossary can't answer: words it lacks, and open questions."""
    templates = texts("ask-unseen")
    for at, term in enumerate(texts("word-unseen")):
        yield Exchange(ask(templates[at % len(templates)], term), UNKNOWN)
    yield from (Exchange(question, UNKNOWN) for question in texts("outside-unseen"))


def _outside(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(texts("outside"))
    if kind < 0.35:
        return next(grammar.sentences(rng.randrange(1 << 30)))["en"]
    return ask(rng.choice(texts("ask")), _foreign_term(rng))


def _foreign_term(rng: random.Random) -> str:
    """A word that the glossary lacks: a listed one, one of the lexicon, or one that doesn't exist."""
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(texts("word"))
    if kind < 0.4:
        return rng.choice(_other_nouns())
    word = invented(rng)
    article = "an " if word[0] in "aeiou" else "a "
    return (article if rng.random() < 0.7 else "") + word


@cache
def _other_nouns() -> list[str]:
    known = {bare(term) for term in glossary()}
    nouns = (row["en"].word for row in words().nouns)
    return [("an " if noun[0] in "aeiou" else "a ") + noun for noun in nouns if noun not in known]


def invented(rng: random.Random) -> str:
    """A word of two to four syllables that looks English and means nothing."""
    onset = "b br c ch cl d dr f fl fr g gl gr h j k l m n p ph pl pr qu r s sh sl sp st str t th tr v w y z".split()
    vowel = "a e i o u ai ea ee ie oa oo ou".split()
    coda = ["", "", "", *"b ck d ff g l ll m n nd ng nt p r rd rn s ss st t x".split()]
    ending = ["", "", "", "er", "y", "tion", "ity", "ness", "ics", "ment", "le", "or", "ium", "ology", "s"]
    stem = "".join(rng.choice(onset) + rng.choice(vowel) + rng.choice(coda) for _ in range(rng.randint(1, 3)))
    word = stem + rng.choice(ending)
    known = {bare(term) for term in (*glossary(), *texts("word-unseen"))}
    return word if word not in known else invented(rng)


def _typed(rng: random.Random, text: str) -> str:
    if rng.random() < 0.5:
        text = text[0].upper() + text[1:]
    return text.rstrip("?.") if rng.random() < 0.25 else text


def _rows(name: str) -> Iterator[list[str]]:
    lines = (WORDS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return (line.split("\t") for line in lines if line and not line.startswith("#"))
