"""Cancelling: one run and those before it; seen before an item starts; the job ends cancelled in any order of facts."""

from itertools import permutations
from pathlib import Path

import pytest

from processors.accept import admit
from processors.bench import Bench
from processors.stage import Stage
from schemas.events import Event, JobChanged, JobControl, JobEnded, PartDecoded, VideoAccepted
from streams.bootstrap import plans
from streams.control import Control
from streams.execute import execute
from streams.jobs import begin
from streams.status import StatusBoard
from tests.unit.processors.test_accept import Shelf, make_bench, stored


def bench_with(control: Control, root: Path) -> tuple[Bench, Event]:
    bench = make_bench(Shelf({"a.mp4": {"targets": "fr"}}), root)
    (event,) = admit(stored("a.mp4"), bench)
    facts = {**vars(bench), "cancelled": control.stops, "plan_of": plans(bench.store)}
    return Bench(**facts), event


def test_cancelling_means_this_run_and_those_before() -> None:
    control = Control()
    control.told(JobControl(job="a", run=1, action="cancel"))
    control.told(JobControl(job="a", run=0, action="cancel"))
    assert [control.stops("a", run) for run in (0, 1, 2)] == [True, True, False]
    assert not control.stops("b", 0)


def test_deleting_means_every_run() -> None:
    control = Control()
    control.told(JobControl(job="a", action="delete"))
    assert control.stops("a", 99)


def test_an_item_of_a_cancelled_run_is_not_begun(tmp_path: Path) -> None:
    control, begun = Control(), []
    bench, event = bench_with(control, tmp_path)
    stage = Stage(name="s", takes=(VideoAccepted,), gives=(), run=lambda each, _: begun.append(each) or ())
    control.told(JobControl(job=event.job, action="cancel"))
    ((_, error),) = execute(stage, [event], bench)
    assert getattr(error, "code", None) == "cancelled"
    ((_, nothing),) = execute(stage, [event.model_copy(update={"run": 1})], bench)
    assert nothing is None
    assert [each.run for each in begun] == [1]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("known", [True, False])
def test_the_job_ends_cancelled_whatever_comes_first(tmp_path: Path, order: tuple[int, ...], known: bool) -> None:
    control = Control()
    bench, event = bench_with(control, tmp_path)
    wish = JobControl(job=event.job, action="cancel")
    facts: list[Event] = [event, wish, PartDecoded(job=event.job, index=0, start=0, end=1)]
    if known:
        control.told(wish)
    stage = StatusBoard().stage()
    said = [each for at in order for _, each in execute(stage, [facts[at]], bench) if isinstance(each, JobChanged)]
    assert said[-1].state == "cancelled"
    late = JobEnded(job=event.job, state="done")
    assert [answer for _, answer in execute(stage, [late], bench)] == [None]


def test_a_cancel_that_comes_before_its_plan_is_kept_in_mind(tmp_path: Path) -> None:
    bench, event = bench_with(Control(), tmp_path)
    board, wish = StatusBoard(), JobControl(job=event.job, action="cancel")
    assert list(board.run(wish, bench)) == [wish], "said again, for it may have come to the wrong partition"
    assert list(board.run(wish, bench)) == [], "and only once"
    (changed,) = board.run(event, bench)
    assert isinstance(changed, JobChanged)
    assert changed.state == "cancelled"


def test_a_cancel_that_names_no_run_stops_the_one_that_goes_on(tmp_path: Path) -> None:
    bench, event = bench_with(Control(), tmp_path)
    board, wish = StatusBoard(), JobControl(job=event.job, action="cancel")
    board.remember(begin(bench.plan_of(event)).model_copy(update={"run": 2}))
    spelled, changed = board.run(wish, bench)
    assert spelled == JobControl(job=event.job, run=2, action="cancel"), "others don't know which run goes on"
    assert isinstance(changed, JobChanged)
    assert (changed.state, changed.run) == ("cancelled", 2)


def test_a_finished_job_stays_finished_though_the_wish_comes_to_another_process(tmp_path: Path) -> None:
    bench, event = bench_with(Control(), tmp_path)
    elsewhere = StatusBoard()
    said = list(elsewhere.run(JobControl(job=event.job, action="cancel"), bench))
    assert not [each for each in said if isinstance(each, JobChanged)]


def test_a_rerun_of_a_cancelled_job_runs(tmp_path: Path) -> None:
    from processors.runs import next_run
    from schemas.plan import Options

    control = Control()
    bench, event = bench_with(control, tmp_path)
    control.told(JobControl(job=event.job, action="cancel"))
    again = next_run(event.job, event.tenant, Options(), bench)
    board = StatusBoard()
    (cancelled,) = board.run(event, bench)
    (running,) = board.run(again, bench)
    assert isinstance(cancelled, JobChanged)
    assert isinstance(running, JobChanged)
    assert (cancelled.state, running.state, running.run) == ("cancelled", "running", 1)
