"""The stage chat: one answer per request, streams without holes or a second text, whatever dies or overlaps."""

from collections.abc import Sequence
from typing import Any

import pytest

from processors.chat import STAGE, chat
from processors.chatting.values import Ask
from schemas.base import to_bytes
from schemas.chat import ChatAnswered, ChatDelta, ChatRequested, SaidRecord
from schemas.errors import Broken, ErrorInfo, Unavailable
from schemas.events import Event
from schemas.exchanges import ChatLimits
from tests.fakes import MemoryStore
from tests.unit.processors.chatters import Echo, asking, chat_bench

LONG = "one two three four five six"


def said(events: Sequence[ChatRequested], bench: Any) -> list[Event]:
    """Everything told, after a look at the ends: one per request."""
    answers = list(chat(events, bench))
    assert sorted(at for at, answer in answers if not isinstance(answer, Event)) == list(range(len(events)))
    return [answer for _, answer in answers if isinstance(answer, Event)]


def text(answer: Event) -> str:
    assert isinstance(answer, ChatAnswered) and answer.choices, answer
    return answer.choices[0].message.content


def test_a_request_has_an_openai_answer_with_usage() -> None:
    (answer,) = said([asking("hello there", seed=1)], chat_bench(Echo()))
    assert isinstance(answer, ChatAnswered) and answer.usage
    assert text(answer) == "hello there" and answer.created == 7 and answer.seed_honoured is False
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (3, 2, 5)


def test_the_answer_is_durable_before_it_is_told_and_told_again_with_the_same_bytes() -> None:
    store, event = MemoryStore(), asking("hello")
    (first,) = said([event], chat_bench(Echo(), store))
    (again,) = said([event], chat_bench(Echo(fails={"hello": Broken("internal", "asked twice")}), store))
    assert again == first and again.id == first.id


def test_deltas_have_no_holes_and_make_the_answer() -> None:
    *deltas, answer = said([asking(LONG, stream=True)], chat_bench(Echo()))
    assert all(isinstance(delta, ChatDelta) for delta in deltas)
    assert [delta.seq for delta in deltas] == list(range(len(deltas))) and len(deltas) > 3  # type: ignore[attr-defined]
    assert "".join(delta.delta for delta in deltas) == LONG == text(answer)  # type: ignore[attr-defined]
    assert [delta.finish_reason for delta in deltas] == [None] * (len(deltas) - 1) + ["stop"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("cut", range(12))
def test_after_a_crash_the_next_goes_on_from_what_was_said(cut: int) -> None:
    store, event, told = MemoryStore(), asking(LONG, stream=True), []
    for _, answer in zip(range(cut), chat([event], chat_bench(Echo(), store)), strict=False):
        told.append(answer[1])
    other = Echo()
    told += said([event], chat_bench(other, store))
    unique = {each.id: each for each in told if isinstance(each, Event)}
    assert all(unique[each.id] == each for each in told if isinstance(each, Event))
    deltas = [each for each in unique.values() if isinstance(each, ChatDelta)]
    assert "".join(delta.delta for delta in deltas) == LONG
    assert [delta.seq for delta in deltas] == list(range(len(deltas)))
    assert all(ask.said == " ".join(LONG.split()[: ask.spent]) + " " for ask in other.asked if ask.spent)


def test_who_finds_the_next_number_taken_takes_over_that_text() -> None:
    store, event = MemoryStore(), asking(LONG, stream=True)
    from processors.chatting.talk import piece_key

    def intrude(ask: Ask) -> None:
        store.create("work", piece_key(event, 2), to_bytes(SaidRecord(text="3 4 5 ", tokens=5, prompt_tokens=3)))

    *deltas, answer = said([event], chat_bench(Echo(between=intrude), store))
    assert "".join(delta.delta for delta in deltas) == "one two 3 4 5 six" == text(answer)  # type: ignore[attr-defined]
    assert [delta.seq for delta in deltas] == list(range(len(deltas)))  # type: ignore[attr-defined]


def test_a_bad_request_is_answered_and_its_companions_too() -> None:
    events = [asking("a"), asking("", "r2"), asking("c", "r3", model="gpt-9"), asking("d", "r4", model="default")]
    told = {each.request: each for each in said(events, chat_bench(Echo())) if isinstance(each, ChatAnswered)}
    errors = {name: (each.error.code, each.error.param) for name, each in told.items() if each.error}
    assert errors == {"r2": ("invalid_request", "messages[0].content"), "r3": ("unknown_model", "model")}
    assert text(told["r1"]) == "a" and text(told["r4"]) == "d"


def test_a_bug_in_one_goes_to_the_runner_and_spares_the_others() -> None:
    answers = list(chat([asking("a"), asking("b", "r2")], chat_bench(Echo(fails={"b": Broken("internal", "x")}))))
    assert [at for at, each in answers if isinstance(each, Broken)] == [1]
    assert [each.request for _, each in answers if isinstance(each, ChatAnswered)] == ["r1"]


def test_an_engine_that_is_not_there_is_a_typed_answer() -> None:
    class Missing:
        def chatter(self) -> None:
            raise Unavailable("torch is not installed", "pip install 'chalkstream[image]'")

    (answer,) = said([asking("a")], chat_bench(Missing()))
    assert isinstance(answer, ChatAnswered) and answer.error and answer.error.code == "unavailable"
    assert "pip install" in (answer.error.remedy or "")


@pytest.mark.parametrize("stream", [False, True])
def test_a_cancelled_request_is_answered_too(stream: bool) -> None:
    asked = iter([False, False, False] + [True] * 100)
    bench = chat_bench(Echo(), cancelled=lambda _job, _run: next(asked))
    *deltas, answer = said([asking(LONG, stream=stream)], bench)
    assert isinstance(answer, ChatAnswered) and answer.error and answer.error.code == "cancelled"
    assert not stream or deltas[-1].finish_reason == "error"  # type: ignore[attr-defined]


def test_what_was_given_up_on_has_its_error_once() -> None:
    store, event = MemoryStore(), asking(LONG, stream=True)
    told = list(STAGE.given_up(event, ErrorInfo(code="crashed", message="it died"), chat_bench(Echo(), store)))
    assert isinstance(told[-1], ChatAnswered) and told[-1].error and told[-1].error.code == "crashed"
    assert said([event], chat_bench(Echo(), store)) == told


def test_too_many_of_a_tenant_are_refused_as_they_are_read() -> None:
    assert STAGE.refuse
    bench = chat_bench(Echo(), chat=ChatLimits(inflight=2))
    assert STAGE.refuse(asking("a"), 1, bench) is None
    error = STAGE.refuse(asking("a"), 2, bench)
    assert error and error.code == "rate_limited"
    wrong = STAGE.refuse(asking("a", n=0), 0, bench)
    assert wrong and wrong.code == "invalid_request"
    (answer,) = STAGE.given_up(asking("a", n=0), wrong.info, bench)
    assert isinstance(answer, ChatAnswered) and answer.error and answer.error.param == "n"
