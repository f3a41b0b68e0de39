"""Whole sentences through a model with limits and moods."""

from collections.abc import Sequence

import pytest

from processors.translation import Wish, suspicious, translate


class Model:
    """A model as a table: what is not in it comes out in capitals; calls are counted."""

    def __init__(self, table: dict[str, str] | None = None) -> None:
        self.table, self.calls = table or {}, 0

    def __call__(self, texts: Sequence[str], sources: Sequence[str], targets: Sequence[str]) -> list[str]:
        self.calls += 1
        return [self.table.get(text, f"{text.upper()} ({target})") for text, target in zip(texts, targets, strict=True)]


def count(text: str) -> int:
    """Words as tokens."""
    return len(text.split())


def through(model: Model, *texts: str, limit: int = 50) -> list[tuple[str, str | None]]:
    """The texts and marks of a translation into French."""
    done = translate([Wish(text, "en", "fr") for text in texts], model, count=count, limit=limit)
    return [(each.text, each.marked) for each in done]


def test_every_sentence_has_one_target_in_order_from_one_call() -> None:
    model = Model()
    assert through(model, "one is here.", "two is there.") == [
        ("ONE IS HERE. (fr)", None),
        ("TWO IS THERE. (fr)", None),
    ]
    assert model.calls <= 2


def test_a_sentence_over_the_limit_travels_in_pieces_and_comes_back_whole() -> None:
    text = "this is a long sentence, and it goes on, because nobody stopped it in time."
    ((target, marked),) = through(Model(), text, limit=6)
    assert marked is None
    assert target.replace("(fr)", "").split() == text.upper().split()


def test_a_suspicious_target_is_tried_again_in_two() -> None:
    text = "the cell divides and the cell grows"
    model = Model({text: "cellule cellule cellule cellule cellule"})
    ((target, marked),) = through(model, text)
    assert (target, marked, model.calls) == ("THE CELL DIVIDES (fr) AND THE CELL GROWS (fr)", None, 2)


def test_what_stays_suspicious_is_kept_and_marked() -> None:
    class Parrot(Model):
        def __call__(self, texts: Sequence[str], sources: Sequence[str], targets: Sequence[str]) -> list[str]:
            return list(texts)

    assert through(Parrot(), "the wave is slow.") == [("the wave is slow.", "untranslated")]


def test_an_empty_target_shows_the_source_and_is_marked() -> None:
    class Mute(Model):
        def __call__(self, texts: Sequence[str], sources: Sequence[str], targets: Sequence[str]) -> list[str]:
            return [""] * len(texts)

    assert through(Mute(), "hello there.") == [("hello there.", "empty")]


def test_no_sentences_need_no_model() -> None:
    model = Model()
    assert through(model) == []
    assert model.calls == 0


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("the model", "le modèle", None),
        ("42", "42", None),
        ("Marie Curie.", "Marie Curie.", None),
        ("the model", "the model", "untranslated"),
        ("the model", " … ", "empty"),
        ("the model", "le le le le le modèle", "repetition"),
        ("no no no no no", "non non non non non", None),
        ("hi", "a" * 60, "length"),
        ("a" * 200, "b", "length"),
    ],
)
def test_reasons(source: str, target: str, why: str | None) -> None:
    assert suspicious(source, target) == why
