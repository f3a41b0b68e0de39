"""The demo pack's chat model through CTranslate2: counted, cut, stopped, sampled, gone on with, in any company."""

from typing import Any

import pytest

from infra.models import installed
from processors.chatting.values import Ask, Chatter, Sampling, Step
from processors.engines import generator
from schemas.errors import ChalkstreamError
from tests.fakes import MODEL

CHAT = installed.BUILT_IN / "demo" / "chat"
QUESTIONS = [
    "What is a broker?",
    "Hello",
    "What is a partition of a topic, and what is it good for?",
    "What is a proof?",
]


@pytest.fixture(scope="module")
def chatter() -> Chatter:
    return generator.load(
        CHAT, MODEL, context=512, options={}, compute_type="int8", device="cpu", workers=2, threads=1
    )  # fmt: skip


def talk(chatter: Chatter, *asks: Ask) -> list[Any]:
    """The last word on each: its step with the whole text, or its error."""
    texts, ends = [""] * len(asks), list[Any]([None] * len(asks))
    for at, what in (told for burst in chatter.converse(asks, lambda _: False) for told in burst):
        if isinstance(what, Step):
            texts[at] += what.text
            ends[at] = Step(texts[at], what.tokens, what.prompt_tokens, what.finish)
        else:
            ends[at] = what
    return ends


def ask(text: str, most: int = 64, **told: Any) -> Ask:
    return Ask((("user", text),), most, **told)


def test_answers_are_the_same_alone_in_company_and_streamed(chatter: Chatter) -> None:
    alone = [talk(chatter, ask(each))[0] for each in QUESTIONS]
    assert talk(chatter, *map(ask, QUESTIONS)) == alone
    assert talk(chatter, *(ask(each, stream=True) for each in QUESTIONS)) == alone
    assert all(step.finish == "stop" and step.text and step.tokens > 0 for step in alone)


def test_it_stops_at_the_length_asked_for_whatever_the_others_want(chatter: Chatter) -> None:
    short, long, one = talk(chatter, ask(QUESTIONS[0], 3), ask(QUESTIONS[2], 64), ask(QUESTIONS[1], 1))
    assert (short.tokens, short.finish, one.tokens, one.finish) == (3, "length", 1, "length")
    assert long.finish == "stop"


def test_it_goes_on_from_what_was_said(chatter: Chatter) -> None:
    (whole,) = talk(chatter, ask(QUESTIONS[3]))
    (short,) = talk(chatter, ask(QUESTIONS[3], 5))
    (rest,) = talk(chatter, ask(QUESTIONS[3], said=short.text, spent=5))
    assert short.text + rest.text == whole.text and rest.tokens == whole.tokens
    (nothing,) = talk(chatter, ask(QUESTIONS[3], 6, said=short.text, spent=5))
    assert (nothing.tokens, nothing.finish) == (6, "length")


def test_a_stop_text_ends_it(chatter: Chatter) -> None:
    (whole,) = talk(chatter, ask(QUESTIONS[3]))
    (cut,) = talk(chatter, ask(QUESTIONS[3], stop=(whole.text.split()[3],), stream=True))
    assert whole.text.startswith(cut.text) and cut.finish == "stop" and len(cut.text) < len(whole.text)


SYSTEM = "You answer short questions about streams, brokers and proofs, and you never say more than was asked for."


def test_a_system_prompt_is_read_once_for_all_and_changes_no_answer() -> None:
    """In 32 bit: eight bit numbers depend on their company."""
    plain = generator.load(
        CHAT, MODEL, context=512, options={}, compute_type="float32", device="cpu", workers=1, threads=1
    )
    static = list[list[str] | None]()

    class Spy:
        def generate_batch(self, prompts: Any, **how: Any) -> Any:
            static.append(how["static_prompt"])
            return real.generate_batch(prompts, **how)

    def asks(stream: bool) -> list[Ask]:
        return [Ask((("system", SYSTEM), ("user", each)), 48, stream=stream) for each in QUESTIONS]

    run = plain._lanes._run
    real, run._model = run._model, Spy()  # type: ignore[attr-defined]
    shared = [talk(plain, *asks(stream)) for stream in (False, True, False)]
    assert shared[0] == shared[1] == shared[2] and all(static) and len(static[0] or ()) > 16
    assert [talk(plain, each)[0] for each in asks(False)] == shared[0]
    static.clear()
    unlike = talk(plain, asks(False)[0], ask(QUESTIONS[1]), *asks(False)[2:])
    assert static == [None] and [unlike[at] for at in (0, 2, 3)] == [shared[0][at] for at in (0, 2, 3)]


def test_sampling_is_done_and_no_seed_is_promised(chatter: Chatter) -> None:
    hot = Sampling(temperature=2.0, top_p=1.0)
    texts = {talk(chatter, ask(QUESTIONS[2], sampling=hot, seed=1))[0].text for _ in range(8)}
    assert len(texts) > 1 and not chatter.seeds


def test_a_prompt_over_the_context_is_refused_and_spares_the_others(chatter: Chatter) -> None:
    long, fine = talk(chatter, ask("word " * 600), ask(QUESTIONS[1]))
    assert isinstance(long, ChalkstreamError) and long.code == "prompt_too_long"
    assert isinstance(fine, Step) and fine.finish == "stop"
