"""The desk: what is finished, tried again, given up, twinned and dropped; crashes and refusals are values here."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from processors.bench import Bench
from processors.stage import Answer, Batch, Stage
from schemas.errors import BadInput, Broken, Cancelled, ChalkstreamError, Unavailable
from schemas.events import Event, JobEnded, SpeechCut, SpeechEnded
from streams import attempts
from tests.unit.streams.kit import JOB, Said, cut, origin, room

AWAY = Unavailable("the store is away")


def stage(run: Callable[[Any, Bench], Iterable[Any]], **facts: Any) -> Stage:
    return Stage(**{"name": "s", "takes": (SpeechCut,), "gives": (), "run": run, **facts})


def echo(event: SpeechCut, _: Bench) -> Iterator[Event]:
    yield SpeechEnded(job=event.job, count=event.index, duration=1.0)


def failing(*errors: BaseException | None) -> Callable[[Any, Bench], Iterable[Event]]:
    """A stage that fails as told, call by call, then works."""
    left = list(errors)

    def run(event: SpeechCut, bench: Bench) -> Iterator[Event]:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        yield from echo(event, bench)

    return run


def test_an_item_is_finished_when_its_outputs_are_acknowledged_and_not_before(tmp_path: Path) -> None:
    here = room(stage(echo), tmp_path, said=Said(at_once=False))
    here.take(cut(0))
    here.work()
    assert (here.finished, len(here.said.events)) == ([], 1)
    here.said.acknowledge()
    assert (here.finished, len(here.desk)) == ([0], 0)


def test_a_record_in_hand_that_is_read_again_is_not_begun_again(tmp_path: Path) -> None:
    here = room(stage(echo), tmp_path)
    here.take(cut(0))
    here.take(cut(0))
    here.work()
    assert (here.finished, len(here.said.events)) == ([0], 1)


def test_another_record_that_says_the_same_is_a_twin_and_ends_with_the_first(tmp_path: Path) -> None:
    here = room(stage(echo), tmp_path)
    here.take(cut(7), cut(7), cut(7))
    here.work()
    assert (here.finished, len(here.said.events), len(here.desk)) == ([0, 1, 2], 1, 0)


def test_a_twin_of_what_has_ended_runs(tmp_path: Path) -> None:
    here = room(stage(echo), tmp_path)
    here.take(cut(7))
    here.work()
    here.take(cut(7), first=1)
    here.work()
    assert here.finished == [0, 1]


def test_a_service_that_is_away_pauses_the_stage_and_uses_up_no_attempt(tmp_path: Path) -> None:
    here = room(stage(failing(*[AWAY] * 5), ordered=True), tmp_path)
    here.take(cut(0))
    here.work()
    here.take(cut(1), first=1)
    for wait in (1, 2, 4, 8, 16):
        assert here.jobs == []
        here.time.pass_by(wait - 0.01)
        assert here.jobs == []
        here.time.pass_by(0.02)
        here.work(most=1)
    here.work()
    assert (sorted(here.finished), here.said.letters) == ([0, 1], [])


def test_an_item_that_alone_finds_its_service_away_holds_up_the_others_for_two_seconds_at_most(tmp_path: Path) -> None:
    def run(event: SpeechCut, bench: Bench) -> Iterator[Event]:
        if event.index == 0:
            raise AWAY
        yield from echo(event, bench)

    here = room(stage(run), tmp_path)
    here.take(cut(0))
    here.work()
    for number in range(1, 90):
        here.take(cut(number), first=number)
        here.time.pass_by(2.01)
        here.work()
        assert {*range(1, number)} <= {*here.finished}
    assert (here.said.letters, 0 in here.finished) == ([], False)


def test_the_age_limit_counts_from_the_first_wait_not_from_the_record(tmp_path: Path) -> None:
    here = room(stage(failing(AWAY)), tmp_path)
    here.time.now = 10 * 24 * 3600.0
    here.take(cut(0))
    here.work()
    here.time.pass_by(1.1)
    here.work()
    assert (here.finished, here.said.letters) == ([0], [])


def test_a_bug_is_tried_twice_then_leaves_a_dead_letter_and_a_word_for_those_who_wait(tmp_path: Path) -> None:
    here = room(stage(failing(ValueError(), ValueError())), tmp_path)
    here.take(cut(0))
    here.work()
    here.time.pass_by(1.1)
    here.work()
    assert [(letter[1], letter[2], letter[3]) for letter in here.said.letters] == [("s", 2, "internal")]
    (ended,) = here.said.events
    assert isinstance(ended, JobEnded)
    assert (ended.state, here.finished) == ("failed", [0])


def test_bad_input_is_given_up_at_once_without_a_dead_letter(tmp_path: Path) -> None:
    here = room(stage(failing(BadInput("truncated", "nothing decodable"))), tmp_path)
    here.take(cut(0))
    here.work()
    assert (here.said.letters, here.finished) == ([], [0])
    (ended,) = here.said.events
    assert isinstance(ended, JobEnded)
    assert ended.error is not None
    assert ended.error.code == "truncated"


def test_a_refused_output_runs_the_item_again(tmp_path: Path) -> None:
    here = room(stage(echo), tmp_path, said=Said(errors=[AWAY]))
    here.take(cut(0))
    here.work()
    assert here.finished == []
    here.time.pass_by(1.1)
    here.work()
    assert (here.finished, len(here.said.events)) == ([0], 2)


def test_a_refused_dead_letter_is_sent_again_and_the_stage_is_not(tmp_path: Path) -> None:
    calls: list[Event] = []

    def run(event: SpeechCut, _: Bench) -> Iterator[Event]:
        calls.append(event)
        raise ValueError
        yield

    here = room(stage(run), tmp_path, said=Said(errors=[AWAY]))
    here.take(cut(0))
    here.work()
    for _ in range(3):
        here.time.pass_by(1.1)
        here.work()
    assert (len(calls), len(here.said.letters), here.finished) == (2, 2, [0])


def test_a_mark_that_can_not_be_left_is_left_later(tmp_path: Path) -> None:
    left: list[ChalkstreamError | None] = [AWAY, None]

    def given_up(event: SpeechCut, _error: object, _bench: Bench) -> Iterable[Event]:
        if (error := left.pop(0)) is not None:
            raise error
        return [SpeechEnded(job=event.job, count=0, duration=0.0)]

    here = room(stage(failing(BadInput("truncated", "")), given_up=given_up), tmp_path)
    here.take(cut(0))
    here.work()
    assert here.finished == []
    here.time.pass_by(1.1)
    here.work()
    assert (here.finished, [type(each) for each in here.said.events]) == ([0], [SpeechEnded])


def test_what_can_not_be_said_at_all_does_not_stay_in_hand_for_ever(tmp_path: Path) -> None:
    refused = Said(errors=[Broken("internal", "too large")] * 9)
    here = room(stage(echo), tmp_path, said=refused)
    here.take(cut(0))
    for _ in range(4):
        here.work()
        here.time.pass_by(1.1)
    assert (here.finished, len(here.desk)) == ([0], 0)


def test_an_unreadable_record_is_finished_when_its_letter_is_there(tmp_path: Path) -> None:
    here = room(stage(echo), tmp_path, said=Said(errors=[AWAY]))
    here.desk.bury(origin(3), BadInput("invalid_request", "garbage"))
    assert here.finished == []
    here.time.pass_by(1.1)
    assert ([letter[3] for letter in here.said.letters], here.finished) == (["invalid_request"] * 2, [3])
    assert here.jobs == []


def test_items_of_one_job_run_in_order_and_one_at_a_time_even_when_one_is_parked(tmp_path: Path) -> None:
    here = room(stage(failing(AWAY), ordered=True), tmp_path, slots=3)
    here.take(cut(0), cut(1), cut(2))
    assert len(here.jobs) == 1
    here.work()
    assert here.said.events == []
    here.time.pass_by(1.1)
    here.work()
    assert [getattr(event, "count", None) for event in here.said.events] == [0, 1, 2]


def test_what_was_not_begun_is_dropped_with_its_partition_and_what_was_is_not(tmp_path: Path) -> None:
    here = room(stage(echo, ordered=True), tmp_path, slots=1)
    here.take(cut(0), cut(1), cut(2))
    here.desk.drop(lambda item: item.origin.topic == "t")
    assert len(here.desk) == 1
    here.work()
    assert (here.finished, len(here.desk)) == ([0], 0)
    here.take(cut(0), cut(1), cut(2))
    here.work()
    assert here.finished == [0, 0, 1, 2]


def test_an_item_whose_partition_went_away_is_not_tried_again_here(tmp_path: Path) -> None:
    here = room(stage(failing(AWAY), ordered=True), tmp_path)
    here.take(cut(0))
    here.desk.keep(lambda _: False)
    here.work()
    here.time.pass_by(100)
    assert (here.finished, len(here.desk), here.jobs) == ([], 0, [])
    here.take(cut(0))
    here.work()
    assert here.finished == [0]


def test_an_item_in_flight_while_its_partition_comes_back_is_finished_once(tmp_path: Path) -> None:
    here = room(stage(echo), tmp_path)
    here.take(cut(0))
    here.desk.keep(lambda _: True)
    here.take(cut(0))
    here.work()
    assert (here.finished, len(here.said.events)) == ([0], 1)


def test_work_that_was_left_with_its_partition_is_done_again_when_that_comes_back_before_it_has_settled(
    tmp_path: Path,
) -> None:
    def run(event: SpeechCut, _: Bench) -> Iterator[Event]:
        for index in range(2):
            here.desk.keep(lambda _: bool(begun))
            yield cut(index)
        begun.append(event)

    begun: list[Event] = []
    here = room(stage(run, streams=True), tmp_path, said=Said(at_once=False))
    here.take(cut(0))
    here.work(1)  # left at its first step
    here.desk.keep(lambda _: True)
    begun.append(cut(0))
    here.said.acknowledge()
    assert (here.finished, len(here.desk)) == ([], 1)
    here.time.pass_by(1)
    here.work()
    here.said.acknowledge()
    assert (here.finished, len(here.desk)) == ([0], 0)


def test_a_cancelled_item_is_finished_but_not_when_the_process_leaves(tmp_path: Path) -> None:
    here = room(stage(failing(Cancelled(), Cancelled())), tmp_path)
    here.take(cut(0))
    here.work()
    assert here.finished == [0]
    here.take(cut(1), first=1)
    here.desk.leave()
    here.work()
    assert (here.finished, len(here.desk)) == ([0], 0)


def test_long_work_stops_where_it_is_when_the_process_leaves_and_cleans_up(tmp_path: Path) -> None:
    closed: list[bool] = []

    def run(event: SpeechCut, _: Bench) -> Iterator[Event]:
        try:
            for index in range(1000):
                here.desk.leave()
                yield cut(index)
        finally:
            closed.append(True)

    here = room(stage(run, streams=True), tmp_path)
    here.take(cut(0))
    here.work()
    assert (len(here.said.events), here.finished, closed) == (1, [], [True])


def test_a_panic_that_is_no_exception_is_a_bug_of_one_item(tmp_path: Path) -> None:
    class Panic(BaseException):
        pass

    here = room(stage(failing(Panic(), Panic())), tmp_path)
    here.take(cut(0), cut(1))
    here.work()
    here.time.pass_by(1.1)
    here.work()
    assert sorted(here.finished) == [0, 1]


def batching(events: list[SpeechCut], _: Bench) -> Iterator[Answer]:
    """Odd indexes are refused, the others done."""
    for position, event in enumerate(events):
        yield position, BadInput("truncated", "odd") if event.index % 2 else None


def test_a_batch_fills_across_jobs_and_each_item_has_its_own_end(tmp_path: Path) -> None:
    here = room(stage(batching, batch=Batch(size=4, wait_ms=50)), tmp_path)
    here.take(*(cut(index, job=JOB[:-1] + str(index)) for index in range(4)))
    assert [len(args[0]) for _, args in here.jobs] == [4]
    here.work()
    assert here.finished == [0, 2]
    here.time.pass_by(0.06)
    here.work()
    assert sorted(here.finished) == [0, 1, 2, 3]
    assert [event.job[-1] for event in here.said.events] == ["1", "3"]


def test_a_lone_item_waits_no_longer_than_the_deadline(tmp_path: Path) -> None:
    here = room(stage(batching, batch=Batch(size=4, wait_ms=50)), tmp_path)
    here.take(cut(0))
    assert here.jobs == []
    here.time.pass_by(0.049)
    assert here.jobs == []
    here.time.pass_by(0.003)
    here.work()
    assert here.finished == [0]


def test_an_end_told_twice_counts_once(tmp_path: Path) -> None:
    def twice(events: list[SpeechCut], _: Bench) -> Iterator[Answer]:
        yield 0, None
        yield 0, Broken("internal", "again")

    here = room(stage(twice, batch=Batch(size=1, wait_ms=0)), tmp_path)
    here.take(cut(0))
    here.time.pass_by(0.01)
    here.work()
    here.time.pass_by(10)
    here.work()
    assert (here.finished, here.said.letters) == ([0], [])


@pytest.mark.parametrize("express", [True, False])
def test_express_items_have_a_measure_of_their_own(tmp_path: Path, express: bool) -> None:
    here = room(stage(echo), tmp_path, express=["fast"])
    here.take(*map(cut, range(3)), topic="fast" if express else "t")
    assert [here.desk.count(express=each) for each in (express, not express)] == [3, 0]
    here.work()
    assert here.desk.count(express=express) == 0


def test_unfinished_attempts_are_counted_and_a_suspect_runs_alone(tmp_path: Path) -> None:
    calls: list[int] = []

    def run(event: SpeechCut, _: Bench) -> Iterator[Event]:
        calls.append(event.index)
        yield from ()

    here = room(stage(run, can_crash=True), tmp_path)
    for _ in range(2):
        attempts.begin(here.performer.bench.store, "s", [cut(5).id])
    here.take(cut(5), cut(6))
    here.work()
    assert (calls, sorted(here.finished)) == ([6], [0, 1])
    assert list(here.performer.bench.store.names("work", "attempts/")) == []


def test_a_held_stage_gives_its_turn_to_others(tmp_path: Path) -> None:
    asked: list[Event] = []

    def held(_: Stage, said: Event) -> bool:
        asked.append(said)
        if len(asked) > 1:
            here.time.run()
            assert len(here.jobs) == 1
            here.desk.leave()
        return True

    here = room(stage(echo, streams=True), tmp_path, held=held)
    here.take(cut(0), cut(1))
    assert len(here.jobs) == 1
    here.work(most=1)
    assert len(asked) > 1


def test_quick_items_go_to_a_thread_together_and_slow_ones_alone(tmp_path: Path) -> None:
    here = room(stage(echo), tmp_path, slots=1)
    for at in range(60):
        here.take(cut(at), first=at)
        here.work()
    here.take(*(cut(1000 + at) for at in range(20)), first=100)
    assert len(here.jobs[0][1][0]) > 1
    other = room(replace(stage(echo), can_crash=True), tmp_path, slots=1)
    other.take(*map(cut, range(20)))
    assert all(len(args[0]) == 1 for _, args in other.jobs)


def test_what_is_refused_is_answered_at_once_however_much_waits(tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def refuse(event: Event, ahead: int, _: Bench) -> ChalkstreamError | None:
        asked.append((event.tenant, ahead))
        return Unavailable("too many", code="rate_limited") if ahead >= 2 else None

    here = room(stage(echo, batch=Batch(size=9, wait_ms=99_000), refuse=refuse), tmp_path)
    here.take(*(cut(n) for n in range(3)), cut(3).model_copy(update={"tenant": "other"}))
    here.work()
    assert asked == [("default", 0), ("default", 1), ("default", 2), ("other", 0)]
    assert (here.finished, here.said.letters) == ([2], [])
    (ended,) = here.said.events
    assert isinstance(ended, JobEnded) and ended.error and ended.error.code == "rate_limited"
