"""Lines: one if it fits, else broken at a phrase, of like length, rather bottom-heavy."""

import pytest

from processors.text.atoms import Atom, settle
from processors.text.linebreak import Measure, break_lines
from processors.text.phrases import CLINGS, COMMA, JOINS, LEADS, NEVER, PAIR, PLAIN, SENTENCE, break_cost


def lines(text: str, language: str = "en", *, width: int = 42, most: int = 2) -> tuple[str, ...]:
    atoms = [Atom(word, n, n + 1, n > 0, n == 0) for n, word in enumerate(text.split())]
    measure = Measure(settle(atoms, language))
    return break_lines(measure, 0, len(atoms) - 1, width=width, lines=most)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Exactly forty-two characters are in a line"),
        ("en", "The candle burns with a bright flame,|and the wax around it melts."),
        ("en", "He was the first to describe it|in the Chemical History of a Candle."),
        ("fr", "La flamme monte le long de la mèche|parce que l'air chaud s'élève."),
        ("fr", "Avez-vous déjà regardé une flamme ?|Elle est plus sombre au milieu."),
        ("es", "La cera sube por la mecha encendida|y se quema en la parte superior."),
        ("es", "¿Quién ha visto alguna vez una llama?|¿Y quién la ha visto de cerca?"),
        ("de", "Die Flamme ist in der Mitte dunkel,|weil dort keine Luft hinkommt."),
        ("de", "Wir sprechen heute zum ersten Mal|über die Geschichte einer Kerze."),
    ],
)
def test_lines_break_where_a_reader_would(language, text):
    assert lines(text.replace("|", " "), language) == tuple(text.split("|"))


def test_of_two_like_breaks_the_lower_line_is_the_longer():
    above, below = lines("aaaa bbbb cccc dddd eeee", "xx", width=14)
    assert len(above) < len(below)


def test_more_than_two_lines_where_a_profile_allows_them():
    assert lines("one two three four five six", "en", width=10, most=3) == ("one two", "three four", "five six")


@pytest.mark.parametrize(
    ("language", "left", "right", "cost"),
    [
        ("en", "done.", "Now", SENTENCE), ("en", "done,", "now", COMMA), ("en", "said", "that", JOINS),
        ("en", "went", "into", LEADS), ("en", "the", "wax", CLINGS), ("en", "of", "wax", CLINGS),
        ("en", "it", "is", CLINGS), ("en", "it", "in", LEADS), ("en", "bright", "wax", PLAIN),
        ("en", "Michael", "Faraday", PAIR), ("en", "20", "grams", PAIR), ("de", "große", "Kerze", PLAIN),
        ("fr", "qu'il", "brûle", CLINGS), ("fr", "n'y", "a", CLINGS), ("fr", "flamme", "qu'elle", JOINS),
        ("fr", "Quoi", "?", NEVER),
        ("fr", "«", "Oui", NEVER), ("es", "vela", "de", LEADS), ("zh", "火", "，", NEVER), ("ja", "「", "火", NEVER),
    ],
)  # fmt: skip
def test_costs_follow_the_style_guides(language, left, right, cost):
    assert break_cost(left, right, language) == cost
