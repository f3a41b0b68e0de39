"""Dead letters are read whatever stands in them, and each is sent again in the way that makes sense."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import envelope
from schemas.errors import BadInput, ErrorInfo
from schemas.events import SpeechFound
from streams.deadletters import Origin, letter_headers
from streams.letters import Redrive, letter, redrive

FOUND = SpeechFound(job="j", run=3, tenant="lab", index=0, start=0, end=5, language="en")
WIRE = (("ce_type", FOUND.wire_type().encode()), ("tenant", b"lab"))


def record(origin: Origin, *more: tuple[str, bytes], stage: str = "transcribe", offset: int = 17) -> Any:
    headers = letter_headers(origin, stage=stage, attempt=2, error=ErrorInfo(code="internal", message="one\ntwo"))
    return SimpleNamespace(
        topic="dead.letters", partition=0, offset=offset, timestamp=5, key=origin.key, value=origin.value,
        headers=[*headers, *more],
    )  # fmt: skip


def origin(topic: str = "media.speech", value: bytes | None = None, wire: Any = WIRE) -> Origin:
    return Origin(topic, 4, 9, 1_000, b"j", envelope.value(FOUND) if value is None else value, wire)


def test_what_was_buried_is_dug_up_as_it_was() -> None:
    found = letter(record(origin()))
    assert found.origin == origin()
    assert (found.id, found.stage, found.code, found.message) == ("0-17", "transcribe", "internal", "one two")


def test_a_record_of_the_chain_is_a_new_run_of_its_job() -> None:
    assert redrive(letter(record(origin()))) == Redrive("run", "lab", "j", 3)


@pytest.mark.parametrize(
    "given_up",
    [
        origin(value=b"garbage"),
        origin(wire=(("ce_type", b"io.chalkstream.speech-found.v9"),)),
        origin("media.uploads", b"{}", ()),
        origin("media.control", b'{"job":"j","action":"cancel"}', ()),
        origin("chat.requests", b'{"messages":[]}', ()),
    ],
)
def test_anything_else_goes_as_it_was(given_up: Origin) -> None:
    assert redrive(letter(record(given_up))) == Redrive("repeat")


def test_what_is_not_ours_or_not_whole_is_not_sent() -> None:
    with pytest.raises(BadInput, match="topic of ours"):
        redrive(letter(record(origin("somebody.else"))))
    with pytest.raises(BadInput, match="holds only"):
        redrive(letter(record(origin("media.uploads", b"{", ()), ("x-truncated", b"true"))))


def test_the_mark_is_that_of_the_loss_not_of_the_letter() -> None:
    first, second = letter(record(origin())), letter(record(origin(), offset=18))
    assert first.mark == second.mark
    assert letter(record(origin(), stage="jobs")).mark != first.mark


@given(st.lists(st.tuples(st.text(max_size=20) | st.just("x-original-offset"), st.binary() | st.none())))
def test_any_record_is_a_letter(headers: list[tuple[str, bytes | None]]) -> None:
    strange = SimpleNamespace(partition=0, offset=1, timestamp=-1, key=None, value=None, headers=headers)
    found = letter(strange)
    with pytest.raises(BadInput):
        redrive(found)
