"""Running items and batches: exactly one end per position, whatever a stage does; crashes are values in the input."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from processors.bench import Bench
from processors.stage import Answer, Batch, Stage
from schemas.errors import BadInput, Broken, Cancelled, ChalkstreamError, Unavailable
from schemas.events import Event, SpeechCut
from streams.execute import execute
from tests.unit.streams.kit import bench, cut

Run = Callable[[Any, Bench], Iterable[Any]]
CRASH, REFUSE, AWAY, CANCEL, FINE = 13, 14, 15, 16, 0
ERRORS: dict[int, BaseException] = {
    CRASH: ValueError("secret text"), REFUSE: BadInput("truncated", "bad"), AWAY: Unavailable("away"),
    CANCEL: Cancelled(),
}  # fmt: skip


def one(run: Run) -> Stage:
    return Stage(name="one", takes=(SpeechCut,), gives=(), run=run)


def many(run: Run) -> Stage:
    return Stage(name="many", takes=(SpeechCut,), gives=(), run=run, batch=Batch(size=9))


def behave(event: SpeechCut, _: Bench) -> Iterator[Event]:
    yield cut(100 + event.index)
    if event.index in ERRORS:
        raise ERRORS[event.index]


def behave_together(events: list[SpeechCut], here: Bench) -> Iterator[Answer]:
    for position, event in enumerate(events):
        for said in behave(event, here):
            yield position, said
        yield position, None


def ends(stage: Stage, root: Path, *indexes: int) -> dict[int, ChalkstreamError | None]:
    answers = list(execute(stage, [cut(index) for index in indexes], bench(root)))
    found = [(position, answer) for position, answer in answers if not isinstance(answer, Event)]
    assert sorted(position for position, _ in found) == list(range(len(indexes)))
    return {position: answer for position, answer in found if not isinstance(answer, Event)}


@pytest.mark.parametrize("stage", [one(behave), many(behave_together)])
@pytest.mark.parametrize("bad", [CRASH, REFUSE, CANCEL])
def test_one_bad_item_never_fails_its_companions(tmp_path: Path, stage: Stage, bad: int) -> None:
    found = ends(stage, tmp_path, FINE, bad, 1, 2)
    assert [found[position] for position in (0, 2, 3)] == [None, None, None]
    assert isinstance(found[1], ChalkstreamError)


def test_a_bug_tells_its_type_and_never_its_text(tmp_path: Path) -> None:
    error = ends(one(behave), tmp_path, CRASH)[0]
    assert isinstance(error, Broken)
    assert ("ValueError" in str(error), "secret" in str(error)) == (True, False)


def test_a_service_that_is_away_is_asked_once_for_a_batch(tmp_path: Path) -> None:
    calls: list[int] = []

    def run(events: list[SpeechCut], _: Bench) -> Iterator[Answer]:
        calls.append(len(events))
        raise Unavailable("away")
        yield

    found = ends(many(run), tmp_path, 1, 2, 3)
    assert (calls, {type(error) for error in found.values()}) == ([3], {Unavailable})


def test_a_batch_that_forgets_an_item_has_finished_it(tmp_path: Path) -> None:
    assert ends(many(lambda _events, _bench: []), tmp_path, 1, 2) == {0: None, 1: None}


def test_what_was_said_before_the_crash_is_said(tmp_path: Path) -> None:
    answers = list(execute(one(behave), [cut(CRASH)], bench(tmp_path)))
    assert isinstance(answers[0][1], SpeechCut)


def test_a_panic_of_a_library_is_a_bug_like_any_other(tmp_path: Path) -> None:
    class Panic(BaseException):
        pass

    def run(_event: SpeechCut, _bench: Bench) -> Iterator[Event]:
        raise Panic
        yield

    assert isinstance(ends(one(run), tmp_path, 0)[0], Broken)


def test_results_come_while_the_stage_works(tmp_path: Path) -> None:
    worked: list[int] = []

    def run(_event: SpeechCut, _bench: Bench) -> Iterator[Event]:
        for index in range(3):
            worked.append(index)
            yield cut(index)

    answers = execute(one(run), [cut(0)], bench(tmp_path))
    next(answers)
    assert worked == [0]
