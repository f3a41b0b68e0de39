"""Text is cleaned to one line and never cut inside a visible character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.text.atoms import pieces
from processors.text.characters import clean, clusters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two   words ", "two words"), ("a\r\nb\tc\x00d", "a b c d"), ("e\u0301", "é"), ("\ud800x", "\ufffdx"),
        ("a\u2028\u2029b", "a b"), ("\ufeffa\u2060b", "ab"), ("Quoi\u202f?", "Quoi\u202f?"), ("\x1f \u3000", ""),
        ("נו\u200f!", "נו\u200f!"), ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)  # fmt: skip
def test_cleaning(text, expected):
    assert clean(text) == expected


@given(st.text())
def test_cleaning_twice_changes_nothing_more_and_gives_one_writable_line(text):
    once = clean(text)
    assert clean(once) == once
    assert len(once.splitlines()) <= 1
    once.encode("utf-8")


def test_clusters_stay_whole():
    assert clusters("e\u0301a👩‍👧ก็") == ["e\u0301", "a", "👩‍👧", "ก็"]


@given(st.text(), st.integers(1, 12))
def test_pieces_are_the_text_and_fit(text, limit):
    text = clean(text)
    found = pieces(text, limit)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < len(piece.lstrip(" ")) <= limit for piece in found)
