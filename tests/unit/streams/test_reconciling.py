"""Uploads without a job are found, named as ``accept`` names them, and told the way a store tells."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from processors.accept import accept, admit
from processors.bench import Bench
from processors.recipes import RESULTS, stop_key
from schemas.events import StoredObject, UploadNotified
from streams.reconciling import AGAIN_AFTER, Reconciler, notification
from tests.unit.processors.test_accept import Shelf, make_bench, stored

ODD = ["a b+c%2F.wav", "été/ñ.mp4", "lab/x&y=z?.mp4", "%2e%2e/x"]


@dataclass
class Bucket:
    """What the listing says; each object with the time it was written."""

    objects: list[tuple[StoredObject, str]] = field(default_factory=list)

    def put(self, key: str, written: str = "1", **facts: object) -> None:
        self.objects.append((stored(key, **facts), written))


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    shelf = Shelf({key: {"targets": "fr"} for key in [*ODD, "lab/a.mp4", "new.mp4"]} | {"bad": {"targets": "tlh"}})
    return make_bench(shelf, tmp_path)


@pytest.fixture
def reconciler(bench: Bench, bucket: Bucket) -> Reconciler:
    assert bench.intake
    return Reconciler(bench.store, bench.intake, lambda: bucket.objects)


def found(reconciler: Reconciler, now: float = 0.0) -> dict[str, str]:
    """One look, of which all is told."""
    missing = list(reconciler.look(now))
    for each in missing:
        reconciler.told(each, now)
    return {each.stored.key: each.job for each in missing}


@pytest.mark.parametrize("key", [*ODD, "lab/a.mp4", "bad"])
def test_it_names_the_job_that_accept_makes_of_what_it_tells(
    reconciler: Reconciler, bucket: Bucket, bench: Bench, key: str
) -> None:
    bucket.put(key, version_id="v1")
    ((one, job, _),) = reconciler.look(0.0)
    said = notification(one)
    event = UploadNotified.from_record({}, said.key, said.value, "media.uploads-0-0")
    assert [answer.job for answer in accept(event, bench)] == [job]


def test_what_has_a_job_was_refused_or_was_deleted_is_left_alone(
    reconciler: Reconciler, bucket: Bucket, bench: Bench
) -> None:
    for key in ("lab/a.mp4", "bad", "new.mp4"):
        bucket.put(key)
    jobs = found(reconciler)
    assert jobs.keys() == {"lab/a.mp4", "bad", "new.mp4"}
    for key in ("lab/a.mp4", "bad"):
        assert list(admit(stored(key), bench))
    bench.store.put(RESULTS, stop_key("default", jobs["new.mp4"], "delete", 0), b"{}")
    assert found(reconciler, AGAIN_AFTER) == {}


def test_a_further_look_asks_only_about_what_is_new(reconciler: Reconciler, bucket: Bucket, bench: Bench) -> None:
    asked: list[str] = []
    assert bench.intake
    head = bench.intake.head
    reconciler.intake = replace(bench.intake, head=lambda b, key, v: asked.append(key) or head(b, key, v))
    bucket.put("lab/a.mp4")
    assert list(admit(stored("lab/a.mp4"), bench))
    assert found(reconciler) == {}
    bucket.put("new.mp4")
    assert found(reconciler, 1.0).keys() == {"new.mp4"}
    assert asked == ["lab/a.mp4", "new.mp4"]


def test_what_was_told_is_told_again_only_after_a_while(reconciler: Reconciler, bucket: Bucket) -> None:
    bucket.put("new.mp4")
    told = [bool(found(reconciler, now)) for now in (0.0, 60.0, AGAIN_AFTER - 1, AGAIN_AFTER, AGAIN_AFTER + 60)]
    assert told == [True, False, False, True, False]


def test_what_was_found_and_never_told_is_found_again(reconciler: Reconciler, bucket: Bucket) -> None:
    bucket.put("new.mp4")
    first = [each.stored.key for each in reconciler.look(0.0)]
    assert first == [each.stored.key for each in reconciler.look(1.0)] == ["new.mp4"]


def test_the_same_bytes_put_again_are_looked_at_again(reconciler: Reconciler, bucket: Bucket, bench: Bench) -> None:
    bucket.put("new.mp4")
    assert list(admit(stored("new.mp4"), bench))
    assert found(reconciler) == {}
    shelf = Shelf({"new.mp4": {"targets": "es"}})
    assert bench.intake
    reconciler.intake = replace(bench.intake, head=shelf.head)
    bucket.put("new.mp4", written="2")
    assert found(reconciler, 1.0).keys() == {"new.mp4"}


def test_folder_marks_and_many_pages(reconciler: Reconciler, bucket: Bucket) -> None:
    bucket.put("folder/", size=0)
    for number in range(600):
        bucket.put(f"{number}.mp4")
    assert len(found(reconciler)) == 600
