"""Sentences end at terminal punctuation and long pauses, not at abbreviations, initials or decimals."""

import pytest

from processors.text.boundaries import PAUSE, ends_between, ends_by_text
from schemas.transcript import Word


@pytest.mark.parametrize(
    ("language", "left", "right"),
    [
        ("en", "end.", "The"), ("en", "end.", "the"),
        ("en", "end?\"", "He"), ("en", "end.)", "Then"), ("en", "no.", "He"),
        ("en", "p.m.", "Then"), ("en", "etc.", "Then"),
        ("en", "1990.", "Then"), ("en", "3.5.", "Then"), ("en", "well…", "No"),
        ("fr", "?", "Oui"), ("fr", "»", "Puis"),
        ("fr", "fini.", "Ensuite"), ("es", "fin.", "¿Qué"), ("es", "fin!", "¡Ya"),
        ("de", "fertig.", "„Nein“"), ("zh", "了。", "我"),
        ("ja", "です。」", "次"), ("hi", "है।", "यह"), ("ar", "ماذا؟", "نعم"),
        ("el", "τι;", "Ναι"), ("xx", "end.", "The"),
    ],
)  # fmt: skip
def test_a_sentence_ends(language, left, right):
    assert ends_by_text(left, right, language)


@pytest.mark.parametrize(
    ("language", "left", "right"),
    [
        ("en", "the", "end"), ("en", "Dr.", "Smith"),
        ("en", "e.g.", "this"), ("en", "e.g.", "Paris"), ("en", "J.", "Smith"),
        ("en", "U.S.", "Army"), ("en", "Fig.", "3"),
        ("en", "p.m.", "on"), ("en", "3.", "5"), ("en", "well…", "no"),
        ("en", "\"What?\"", "he"), ("en", "(Mr.", "Jones)"),
        ("fr", "M.", "Dupont"), ("fr", "Quoi", "?"), ("fr", "Quoi ?", "»"),
        ("fr", "»", "dit-il"), ("es", "Sra.", "López"),
        ("es", "EE.", "UU."), ("de", "z.", "B."), ("de", "B.", "Wachs"),
        ("de", "3.", "Oktober"), ("de", "bzw.", "Docht"),
        ("de", "usw.", "und"), ("en", "end,", "and"), ("en", "", "a"),
    ],
)  # fmt: skip
def test_a_sentence_goes_on(language, left, right):
    assert not ends_by_text(left, right, language)


@pytest.mark.parametrize(("pause", "ends"), [(0.0, False), (PAUSE - 0.001, False), (PAUSE, True), (-1.0, False)])
def test_a_long_pause_ends_a_sentence(pause, ends):
    left, right = Word(start=0, end=1, text="some"), Word(start=1 + pause, end=9, text="more")
    assert ends_between(left, right, "en") is ends
