"""A further run: one number higher, other wishes where there are any, everything else as it was frozen."""

from pathlib import Path

import pytest

from processors.accept import admit
from processors.bench import Bench
from processors.recipes import RESULTS, audio, heard, plan_key, stop_key
from processors.runs import highest, home, next_run, unbegun
from schemas.base import to_bytes
from schemas.errors import BadInput, NotFound
from schemas.events import Event
from schemas.plan import Options, Plan
from tests.unit.processors.test_accept import Shelf, make_bench, stored


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return make_bench(Shelf({"lab/a.mp4": {"targets": "fr"}, "bad.mp4": {"targets": "tlh"}}), tmp_path)


def begun(bench: Bench, key: str = "lab/a.mp4") -> Event:
    (event,) = admit(stored(key), bench)
    return event


def plan(bench: Bench, event: Event) -> Plan:
    return Plan.model_validate_json(bench.store.get(RESULTS, plan_key(event.tenant, event.job, event.run)))


def test_the_next_run_keeps_the_wishes_and_counts_on(bench: Bench) -> None:
    first = begun(bench)
    second = next_run(first.job, "lab", Options(), bench)
    third = next_run(first.job, "lab", Options(targets=("es",)), bench)
    assert [each.run for each in (first, second, third)] == [0, 1, 2]
    assert {each.job for each in (first, second, third)} == {first.job}
    assert plan(bench, second) == plan(bench, first).model_copy(update={"run": 1})
    assert plan(bench, third).targets == ("es",)


def test_what_has_not_changed_is_found_under_the_same_recipe(bench: Bench) -> None:
    first = begun(bench)
    old, new = plan(bench, first), plan(bench, next_run(first.job, "lab", Options(targets=("es",)), bench))
    assert (audio(old), heard(old, "en")) == (audio(new), heard(new, "en"))


def test_a_refused_upload_can_be_tried_with_other_wishes(bench: Bench) -> None:
    refused = begun(bench, "bad.mp4")
    with pytest.raises(BadInput, match="unknown_language"):
        next_run(refused.job, "default", Options(), bench)
    again = next_run(refused.job, "default", Options(targets=("fr",)), bench)
    assert (again.job, again.run) == (refused.job, 1)


def test_two_who_start_the_same_run_are_one_and_a_conflict(bench: Bench) -> None:
    first = begun(bench)
    bench.store.put(RESULTS, plan_key("lab", first.job, 1), to_bytes(plan(bench, first)))
    assert highest(bench.store, "lab", first.job) == 1
    assert next_run(first.job, "lab", Options(), bench).run == 2


def test_unknown_and_deleted_jobs_are_not_found(bench: Bench) -> None:
    first = begun(bench)
    assert home(bench.store, first.job, ("default", "lab")) == "lab"
    with pytest.raises(NotFound):
        home(bench.store, "nobody", ("default", "lab"))
    with pytest.raises(NotFound):
        next_run("nobody", "default", Options(), bench)
    bench.store.put(RESULTS, stop_key("lab", first.job, "delete", 0), b"{}")
    with pytest.raises(NotFound, match="deleted"):
        next_run(first.job, "lab", Options(), bench)


def test_a_run_that_was_planned_and_never_said_is_said_again(bench: Bench) -> None:
    first = begun(bench)
    assert unbegun(bench.store, "lab", first.job, 0) is None
    planned = next_run(first.job, "lab", Options(), bench)
    assert unbegun(bench.store, "lab", first.job, 0) == planned
    assert unbegun(bench.store, "lab", first.job, 1) is None
