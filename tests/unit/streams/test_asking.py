"""One request's answers as a plain function has them: word by word, with an end to patience, in the contract's line."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from schemas.chat import ChatAnswered, ChatDelta
from schemas.errors import BadInput, Unavailable
from schemas.exchanges import RequestError
from streams.commands.asking import drained, raise_error

WORDS = [ChatDelta(request="r", seq=n, delta=text) for n, text in enumerate("abc")]


async def speaker(stays: list[bool], *, silent_after: int = len(WORDS)) -> AsyncIterator[ChatDelta]:
    try:
        for number, word in enumerate(WORDS):
            if number == silent_after:
                await asyncio.Event().wait()
            yield word
    finally:
        stays.append(False)


def test_every_word_comes_and_the_end_ends() -> None:
    closed = list[bool]()
    assert list(drained(speaker(closed), 5)) == WORDS
    assert closed == [False]


@pytest.mark.parametrize("silent_after", [0, 1, 2])
def test_who_falls_silent_is_waited_for_with_patience_and_no_longer(silent_after: int) -> None:
    closed, heard = list[bool](), list[object]()
    with pytest.raises(Unavailable) as error:
        for word in drained(speaker(closed, silent_after=silent_after), 0.05):
            heard.append(word)
    assert (error.value.code, closed) == ("timeout", [False])
    assert WORDS[:silent_after] == heard


def test_who_is_left_is_closed() -> None:
    closed = list[bool]()
    words = drained(speaker(closed), 5)
    assert next(words) == WORDS[0]
    words.close()  # type: ignore[attr-defined]
    assert closed == [False]


def test_an_error_says_what_to_do() -> None:
    with pytest.raises(BadInput) as error:
        raise_error(ChatAnswered(request="r", error=RequestError(code="invalid_request", message="n: too many")))
    assert str(error.value) == "invalid_request: n: too many - see --help"
    with pytest.raises(Unavailable, match="install it"):
        raise_error(
            ChatAnswered(request="r", error=RequestError(code="unavailable", message="no", remedy="install it"))
        )
    raise_error(WORDS[0])
