"""The fold over facts: never backwards, deaf to repetition, and the same end in any order; and its one writer."""

import random
from itertools import pairwise
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from processors.bench import Bench
from schemas.errors import ErrorInfo, NotFound
from schemas.events import (
    AudioEnded,
    BlockTranslated,
    Event,
    JobChanged,
    JobEnded,
    LanguageFailed,
    PartDecoded,
    SpeechEnded,
    SpeechTranscribed,
    SubtitlesReady,
    TranscriptReady,
    VideoAccepted,
)
from schemas.jobs import JobStatus
from streams.jobs import SETTLED, fold, newest
from streams.status import StatusBoard
from tests.unit.streams.kit import JOB

START = JobStatus(job=JOB, languages={"fr": "waiting", "de": "waiting"})


def ready(language: str) -> SubtitlesReady:
    return SubtitlesReady(
        job=JOB, language=language, source={}, kind="transcript", files=(), cues=1, duration=60.0
    )  # fmt: skip


CHAIN: list[Event] = [
    VideoAccepted(job=JOB),
    *(PartDecoded(job=JOB, index=at, start=at * 960_000, end=(at + 1) * 960_000, duration=180.0) for at in range(3)),
    AudioEnded(job=JOB, count=3, samples=2_880_000),
    SpeechEnded(job=JOB, count=3, duration=180.0),
    *(
        SpeechTranscribed(job=JOB, index=at, start=at * 60.0, end=at * 60.0 + 50, language="en") for at in range(3)
    ),
    TranscriptReady(job=JOB, language="en", blocks=1, sentences=3, duration=180.0),
    BlockTranslated(job=JOB, block=0, target="fr"),
    BlockTranslated(job=JOB, block=0, target="de"),
    ready("en"), ready("fr"),
    LanguageFailed(job=JOB, language="de", error=ErrorInfo(code="internal", message="")),
    JobEnded(job=JOB, state="partial", languages={"en": "done", "fr": "done", "de": "failed"}),
]  # fmt: skip


def states(facts: list[Event]) -> list[JobStatus]:
    found = [START]
    for at, event in enumerate(facts):
        found.append(fold(found[-1], event, f"t{at}"))
    return found


@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(CHAIN), max_size=20))
def test_never_backwards_and_the_same_end_however_often_and_in_whatever_order(
    order: random.Random, again: list[Event]
) -> None:
    facts = CHAIN + again
    order.shuffle(facts)
    found = states(facts)
    for before, after in pairwise(found):
        assert after.progress >= before.progress
        assert newest(before, after) == after
        assert after == before or not before.ended
        for language, state in before.languages.items():
            assert state not in SETTLED or after.languages[language] in SETTLED
    assert (found[-1].state, found[-1].progress) == ("partial", 1.0)
    assert found[-1].languages == {"en": "done", "fr": "done", "de": "failed"}


def test_a_repeated_fact_changes_nothing() -> None:
    for before, after, event in zip(states(CHAIN), states(CHAIN)[1:], CHAIN, strict=False):
        assert fold(after, event, "later") is after
        assert before.updated != after.updated or before == after


def test_facts_of_another_run_are_not_about_this_one() -> None:
    status = START.model_copy(update={"run": 1})
    assert all(fold(status, event, "t") is status for event in CHAIN)


def test_the_newest_of_two_words() -> None:
    early, late = START, START.model_copy(update={"progress": 0.5})
    done = START.model_copy(update={"state": "failed", "progress": 0.1})
    rerun = START.model_copy(update={"run": 1})
    assert newest(None, early) is early
    for first, second in ((early, late), (late, done), (done, rerun)):
        assert newest(first, second) is second
        assert newest(second, first) is second


class Plans:
    """A bench of which only the plans are asked for."""

    def plan_of(self, _: Event) -> Any:
        raise NotFound("no plan")

    def cancelled(self, _job: str, _run: int) -> bool:
        return False


def told(board: StatusBoard, event: Event) -> list[JobStatus]:
    return [cast(JobChanged, said).status for said in board.run(event, cast(Bench, Plans()))]


def test_a_fact_whose_outcome_was_not_taken_says_it_again() -> None:
    board = StatusBoard()
    board.remember(START)
    first = told(board, CHAIN[-1])
    assert [status.state for status in first] == ["partial"]
    assert told(board, CHAIN[-1]) == first
    assert told(board, CHAIN[0]) == []


def test_a_word_said_too_late_by_a_writer_that_slept_is_mended() -> None:
    board = StatusBoard()
    newer = START.model_copy(update={"state": "done", "progress": 1.0, "updated": "t9"})
    for status in (START, newer, START.model_copy(update={"progress": 0.3})):
        board.remember(status)
    (mended,) = board.mended()
    assert (mended.status.state, mended.status.progress) == ("done", 1.0)
    assert mended.id != JobChanged(**newer.model_dump()).id
    assert told(board, CHAIN[1]) == []


def test_what_is_in_order_is_not_mended() -> None:
    board = StatusBoard()
    for status in (START, START.model_copy(update={"progress": 0.3})):
        board.remember(status)
    assert board.mended() == []
