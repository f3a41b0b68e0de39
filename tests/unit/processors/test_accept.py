"""accept: what the store says becomes a job, once, with the wishes frozen; what can't be planned is a failed job."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.folder import FolderStore
from processors.accept import accept, admit, given_up, wishes
from processors.bench import Bench
from processors.planning import Abilities, Intake, usable
from processors.recipes import RESULTS, plan_key, refused_key, stop_key
from schemas.errors import BadInput, ErrorInfo, NotFound, Unavailable
from schemas.events import Event, JobEnded, StoredObject, UploadNotified, VideoAccepted
from schemas.plan import ModelIdentity, Options, Plan, Source, job_id
from schemas.records import RefusedRecord

MODEL = ModelIdentity(name="m", revision="1", licence="MIT", sha256="0")
TENANTS = {"lab": Options(targets=("de",), profile="edu-default")}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Shelf:
    """What HEAD answers: user metadata by key; a key that is not here is gone."""

    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def head(self, bucket: str, key: str, version_id: str | None) -> Any:
        self.asked.append(key)
        if key not in self.metadata:
            raise NotFound("gone")
        return Facts("etag", 10, version_id, self.metadata[key])


@dataclass(frozen=True)
class Facts:
    etag: str
    size: int
    version_id: str | None
    metadata: dict[str, str]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def bench(shelf: Shelf, tmp_path: Path) -> Bench:
    return make_bench(shelf, tmp_path)


def make_bench(shelf: Shelf, root: Path) -> Bench:
    able = Abilities(MODEL, MODEL, heard=("en", "fr"), written=("en", "fr", "de", "es"), chunk_seconds=10.0)
    intake = Intake(able, TENANTS, shelf.head, lambda: datetime(2026, 1, 1, tzinfo=UTC), max_bytes=1000)
    nothing: Any = None
    return Bench(
        store=FolderStore(root), engines=nothing, decode=nothing, open_source=nothing, plan_of=nothing,
        cancelled=lambda _job, _run: False, clock=lambda: 0.0, intake=intake,
    )  # fmt: skip


def stored(key: str, **facts: Any) -> StoredObject:
    return StoredObject(**{"bucket": "uploads", "key": key, "etag": "etag", "size": 10} | facts)


def told(bench: Bench, one: StoredObject) -> Event:
    (event,) = admit(one, bench)
    return event


def plan_of(bench: Bench, event: Event) -> Plan:
    return Plan.model_validate_json(bench.store.get(RESULTS, plan_key(event.tenant, event.job, 0)))


def test_the_same_upload_is_the_same_job_however_often_it_is_told(bench: Bench, shelf: Shelf) -> None:
    shelf.metadata["a.mp4"] = {"targets": "fr"}
    notified = UploadNotified(job="u", objects=(stored("a.mp4"), stored("a.mp4")), place="media.uploads-0-0")
    first, second = accept(notified, bench)
    assert first == second
    assert first.id == second.id
    assert first.job == job_id(Source(bucket="uploads", key="a.mp4", etag="etag", size=10), Options(targets=("fr",)))


def test_other_wishes_or_another_version_are_another_job(bench: Bench, shelf: Shelf) -> None:
    jobs = set()
    for targets in ("fr", "fr,de"):
        shelf.metadata["a.mp4"] = {"targets": targets}
        jobs |= {told(bench, stored("a.mp4")).job, told(bench, stored("a.mp4", version_id="v2")).job}
    assert len(jobs) == 4


@pytest.mark.parametrize(
    ("key", "metadata", "targets", "tenant"),
    [
        ("lab/a.mp4", {}, ("de",), "lab"),
        ("lab/a.mp4", {"targets": "fr, pt-BR"[:2]}, ("fr",), "lab"),
        ("lab/a.mp4", {"targets": ""}, (), "lab"),
        ("nobody/a.mp4", {}, (), "default"),
        ("lab", {}, (), "default"),
    ],
)
def test_the_object_is_stronger_than_its_tenant(
    bench: Bench, shelf: Shelf, key: str, metadata: dict[str, str], targets: tuple[str, ...], tenant: str
) -> None:
    shelf.metadata[key] = metadata
    plan = plan_of(bench, told(bench, stored(key)))
    assert (plan.targets, plan.tenant) == (targets, tenant)


def test_what_was_frozen_stays_when_the_tenant_changes_its_mind(bench: Bench, shelf: Shelf) -> None:
    shelf.metadata["lab/a.mp4"] = {}
    event = told(bench, stored("lab/a.mp4"))
    assert bench.intake
    later = replace(bench, intake=replace(bench.intake, tenants={"lab": Options(targets=("es",))}))
    assert told(later, stored("lab/a.mp4")) == event
    assert plan_of(later, event).targets == ("de",)


@pytest.mark.parametrize(
    ("metadata", "facts", "code"),
    [
        ({"targets": "tlh"}, {}, "unknown_language"),
        ({"source-language": "de"}, {}, "unknown_language"),
        ({"profile": "nope"}, {}, "unknown_profile"),
        ({"formats": "pdf"}, {}, "invalid_request"),
        ({"formats": ""}, {}, "invalid_request"),
        ({"track": "9" * 5000}, {}, "invalid_request"),
        ({}, {"bucket": "state"}, "invalid_request"),
    ],
)
def test_what_cannot_be_planned_ends_as_a_failed_job_with_its_code(
    bench: Bench, shelf: Shelf, metadata: dict[str, str], facts: dict[str, Any], code: str
) -> None:
    shelf.metadata["a.mp4"] = metadata
    event = told(bench, stored("a.mp4", **facts))
    assert isinstance(event, JobEnded)
    assert event.error
    assert (event.state, event.error.code) == ("failed", code)
    record = RefusedRecord.model_validate_json(bench.store.get(RESULTS, refused_key(event.tenant, event.job)))
    assert record.error == event.error
    assert event.source == {"bucket": record.source.bucket, "key": "a.mp4"}


def test_too_large_is_refused_by_what_the_store_says(bench: Bench, shelf: Shelf) -> None:
    shelf.metadata["a.mp4"] = {}
    assert bench.intake
    small = replace(bench, intake=replace(bench.intake, max_bytes=9))
    event = told(small, stored("a.mp4", size=1))
    assert isinstance(event, JobEnded)
    assert event.error
    assert event.error.code == "too_large"


@pytest.mark.parametrize("key", ["../state/x", "a/../../x", "a/./b", "..", "a\0b", "a\x7fb", "\ud800", "a" * 1025, ""])
def test_a_name_that_a_store_could_misunderstand_is_never_asked_for(bench: Bench, shelf: Shelf, key: str) -> None:
    event = told(bench, stored(key))
    assert isinstance(event, JobEnded)
    assert event.error
    assert event.error.code == "invalid_request"
    assert shelf.asked == []


@pytest.mark.parametrize("key", ["%2e%2e/x", "..a/b..", "é" * 512, "a" * 1024, "a//b", " x ", "a+b%2F.mp4"])
def test_odd_names_that_mean_one_thing_are_fine(bench: Bench, shelf: Shelf, key: str) -> None:
    shelf.metadata[key] = {}
    assert isinstance(told(bench, stored(key)), VideoAccepted)


@given(st.text())
def test_usable_names_have_no_way_out(key: str) -> None:
    if usable(key):
        assert "\0" not in key
        assert Path("/root/bucket", key).resolve().is_relative_to("/root/bucket") or key.startswith("/")


def test_directory_markers_are_no_uploads_and_empty_files_are(bench: Bench, shelf: Shelf) -> None:
    shelf.metadata["empty.mp4"] = {}
    objects = (stored("folder/", size=0), stored("empty.mp4", size=0))
    events = list(accept(UploadNotified(job="u", objects=objects, place="p"), bench))
    assert [type(event) for event in events] == [VideoAccepted]


def test_a_gone_object_is_the_job_it_would_have_been(bench: Bench, shelf: Shelf) -> None:
    shelf.metadata["a.mp4"] = {"targets": "fr"}
    there = told(bench, stored("a.mp4"))
    shelf.metadata.clear()
    assert told(bench, stored("a.mp4", metadata={"targets": "fr"})) == there


@pytest.mark.parametrize("action", ["cancel", "delete"])
def test_a_stopped_job_is_not_started_by_the_next_notification(bench: Bench, shelf: Shelf, action: str) -> None:
    shelf.metadata["a.mp4"] = {}
    event = told(bench, stored("a.mp4"))
    bench.store.put(RESULTS, stop_key(event.tenant, event.job, action, 0), b"{}")
    assert list(admit(stored("a.mp4"), bench)) == []


def test_a_deleted_job_that_is_told_of_again_leaves_nothing(bench: Bench, shelf: Shelf) -> None:
    shelf.metadata["a.mp4"] = {}
    event = told(bench, stored("a.mp4"))
    bench.store.delete(RESULTS, plan_key(event.tenant, event.job, 0))
    bench.store.put(RESULTS, stop_key(event.tenant, event.job, "delete", 0), b"{}")
    assert list(admit(stored("a.mp4"), bench)) == []
    assert not bench.store.exists(RESULTS, plan_key(event.tenant, event.job, 0))


@pytest.mark.parametrize(("said", "kept"), [(TRACE, TRACE), ("nonsense\n", None), ("", None)])
def test_only_a_real_traceparent_is_kept(bench: Bench, shelf: Shelf, said: str, kept: str | None) -> None:
    shelf.metadata["a.mp4"] = {"traceparent": said}
    assert plan_of(bench, told(bench, stored("a.mp4"))).traceparent == kept


@given(st.dictionaries(st.sampled_from(["targets", "formats", "track", "profile", "source-language"]), st.text()))
def test_any_metadata_is_wishes_or_bad_input(metadata: dict[str, str]) -> None:
    try:
        made = wishes(metadata)
    except BadInput as error:
        assert error.code == "invalid_request"
    else:
        assert made.formats is None or set(made.formats) <= {"srt", "vtt"}


def no_notifications() -> Iterator[bytes | None]:
    yield from (None, b"", b"[]", b"{}", b'"x"', b'{"Records":null}', b'{"Records":["x"]}', b"[" * 100_000, b"\xff\xfe")
    for thing in (b'{"key":5}', b'{"key":"a","size":Infinity}', b'{"key":"a","size":"x"}'):
        record = b'{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":%s}}' % thing
        yield b'{"Records":[%s]}' % record


@pytest.mark.parametrize("value", list(no_notifications()))
def test_what_is_no_notification_is_bad_input(value: bytes | None) -> None:
    with pytest.raises(BadInput, match="invalid_request"):
        UploadNotified.from_record({}, None, value, "media.uploads-0-0")


def test_events_that_create_nothing_leave_no_objects() -> None:
    removed = b'{"Records":[{"eventName":"s3:ObjectRemoved:Delete","s3":{}}]}'
    assert UploadNotified.from_record({}, None, removed, "p").objects == ()


def test_an_upload_given_up_on_is_the_failed_job_that_it_would_have_been(bench: Bench, shelf: Shelf) -> None:
    shelf.metadata["a.mp4"] = {"targets": "fr"}
    event = UploadNotified(
        job="made up", place="p", objects=(stored("a.mp4"), stored("lab/gone.mp4"), stored("f/", size=0))
    )
    failed = list(given_up(event, ErrorInfo(code="internal", message="a bug"), bench))
    ends = [each for each in failed if isinstance(each, JobEnded)]
    assert [(each.tenant, (each.source or {})["key"]) for each in ends] == [
        ("default", "a.mp4"),
        ("lab", "lab/gone.mp4"),
    ]
    assert {each.error.code for each in ends if each.error} == {"internal"}
    assert [told(bench, one).job for one in event.objects[:2]] == [each.job for each in failed]


def test_what_was_given_up_on_and_comes_again_is_the_next_run_and_what_has_a_plan_is_no_failure(
    bench: Bench, shelf: Shelf
) -> None:
    shelf.metadata["a.mp4"] = {}
    event, error = (
        UploadNotified(job="made up", place="p", objects=(stored("a.mp4"),)),
        ErrorInfo(code="internal", message=""),
    )
    list(given_up(event, error, bench))
    assert [(each.run, type(each)) for each in accept(event, bench)] == [(1, VideoAccepted)]
    shelf.metadata["b.mp4"] = {}
    event = event.model_copy(update={"objects": (stored("b.mp4"),)})
    first = list(accept(event, bench))
    assert list(given_up(event, error, bench)) == first


def test_giving_up_waits_for_a_store_that_is_away_and_needs_no_pack(bench: Bench) -> None:
    def away(*_: Any) -> Any:
        raise Unavailable("away")

    event, error = (
        UploadNotified(job="made up", place="p", objects=(stored("a.mp4"),)),
        ErrorInfo(code="internal", message=""),
    )
    assert bench.intake
    with pytest.raises(Unavailable):
        list(given_up(event, error, replace(bench, intake=replace(bench.intake, head=away))))
    (failed,) = given_up(event, error, replace(bench, intake=None))
    assert failed.job == told(bench, event.objects[0]).job
