"""The measures count what they say they count."""

import pytest

from demo.evaluate_mt import one_sentence
from demo.evaluation import PROMISES, Promise, table
from demo.scores import chrf, word_errors


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "a c", 1),
        ("a b", "a b b", 1),
        ("a b c", "", 3),
        ("", "a", 1),
    ],
)
def test_word_errors(said: str, heard: str, errors: int) -> None:
    assert word_errors(said, heard) == errors


def test_chrf_is_100_for_the_same_and_0_for_nothing_in_common() -> None:
    assert chrf(["Die Matrix ist klein."], ["Die Matrix ist klein."]) == pytest.approx(100)
    assert chrf(["xyz"], ["abc"]) == 0


def test_chrf_agrees_with_the_published_scorer() -> None:
    """The figures are those of sacreBLEU 2.6.0."""
    assert chrf(["the cat sat on a mat"], ["the cat sat on the mat"]) == pytest.approx(65.97966, abs=1e-5)
    pair = (["ab", "Die Matrix ist nicht klein."], ["abc", "Die Matrix ist groß."])
    assert chrf(*pair) == pytest.approx(60.38744, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "one"), [("Ja.", True), ("", False), (".", False), ("Ja. Nein.", False), ("Ja", False)]
)
def test_one_sentence(text: str, one: bool) -> None:
    assert one_sentence(text) is one


def test_a_broken_promise_is_seen() -> None:
    rows = {"unseen prompts": {"right": 84, "seconds_per_image": 0.5}}
    lines = {line.figure: line.holds for line in table({"image": rows})}
    assert lines == {"all three right, of 100 unseen prompts": False, "seconds per image": True}


def test_bounds_include_their_value() -> None:
    assert all(promise.holds(promise.bound) for promise in PROMISES)
    assert not Promise("x", "y", 8, False, lambda rows: 0).holds(8.1)
