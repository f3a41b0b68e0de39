"""What was said is never taken back: letters in pieces, stop texts in pieces, ends of all kinds."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.chatting.saying import Speech


def decode(tokens: Sequence[int]) -> str:
    """One byte per token, as the worst tokenizer would."""
    return bytes(tokens).decode("utf-8", "replace")


def say(text: str, *stops: str, before: str = "") -> tuple[list[str], Speech]:
    speech = Speech(decode, list(before.encode()), stops)
    said = []
    for token in text.encode():
        speech.add(token)
        said.append(speech.take())
        if speech.stopped:
            return said, speech
    return [*said, speech.take(end=True)], speech


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40), st.text("aé€😀", max_size=5))
def test_pieces_make_the_text_and_no_letter_is_said_in_halves(text: str, before: str) -> None:
    said, _ = say(text, before=before)
    assert "".join(said) == text
    assert text.count("\ufffd") == sum(piece.count("\ufffd") for piece in said)


@pytest.mark.parametrize(
    ("text", "stops", "said"),
    [("one. Two", (". ",), "one"), ("aab", ("ab",), "a"), ("aaac", ("aab",), "aaac"), ("xENDy", ("END", "E"), "x"),
     ("abc", ("zz",), "abc"), ("é€", ("€",), "é"), ("END", ("END",), "")],
)  # fmt: skip
def test_nothing_of_a_stop_text_or_after_it_is_said(text: str, stops: tuple[str, ...], said: str) -> None:
    pieces, speech = say(text, *stops)
    assert "".join(pieces) == said
    assert speech.stopped == (said != text)


@given(st.text("ab", max_size=30), st.lists(st.text("ab", min_size=1, max_size=4), max_size=3))
def test_any_text_is_cut_where_the_stop_begins_that_is_whole_first(text: str, stops: list[str]) -> None:
    whole = [(text.find(stop) + len(stop), text.find(stop)) for stop in stops if stop in text]
    said = "".join(say(text, *stops)[0])
    assert said == text[: min(whole)[1] if whole else len(text)]
    assert not any(stop in said for stop in stops)


def test_without_steps_all_is_decoded_once_at_the_end() -> None:
    calls: list[int] = []
    speech = Speech(lambda tokens: calls.append(len(tokens)) or decode(tokens), [], ("zz",))
    for token in b"hello":
        speech.add(token)
    assert speech.take(end=True) == "hello" and len(calls) == 2


def test_bytes_that_never_become_a_letter_are_shown_at_the_end() -> None:
    speech = Speech(decode, [])
    for token in "aé".encode()[:-1]:
        speech.add(token)
    assert speech.take() == "" and speech.take(end=True) == "a\ufffd"
