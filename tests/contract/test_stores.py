"""One suite for every store: a folder and S3 on real MinIO keep the same promises."""

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra import s3
from infra.buckets import WORK_DAYS
from infra.folder import FolderStore
from infra.local.endpoints import Endpoints
from infra.settings import read
from processors.bench import Store
from schemas.errors import NotFound, Unavailable
from schemas.topics import DAY_MS, TOPICS

WEIRD = [
    "plain", "a/b/c.json", "with blank", "plus+and%20percent", "ünïcödé/日本語/🎓", "quote'\"", "semi;colon&amp=1?x#y",
    "a/./b", "a/../b", "../outside", "trailing/dot.", "UPPER/lower", "tilde~star*", "(round)[square]{curly}",
    "very/" + "deep/" * 40 + "end", "x" * 200, "back\\slash", "colon:name", "%2e%2e/%2F",
]  # fmt: skip


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path)
    at: Endpoints = request.getfixturevalue("services")
    client = s3.connect(read(at.settings()).store)
    if "work" not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket="work")
    return s3.S3Store(client)


@pytest.fixture
def prefix() -> Iterator[str]:
    yield f"{uuid.uuid4()}/"


def test_what_was_put_is_there_and_what_was_not_is_not(store: Store, prefix: str) -> None:
    assert not store.exists("work", prefix + "a")
    with pytest.raises(NotFound):
        store.get("work", prefix + "a")
    store.put("work", prefix + "a", b"1")
    assert (store.exists("work", prefix + "a"), store.get("work", prefix + "a")) == (True, b"1")
    store.put("work", prefix + "a", b"22")
    assert store.get("work", prefix + "a") == b"22"


def test_the_first_create_wins_and_the_others_are_told(store: Store, prefix: str) -> None:
    assert store.create("work", prefix + "a", b"first")
    assert not store.create("work", prefix + "a", b"second")
    assert store.get("work", prefix + "a") == b"first"


def test_of_many_threads_exactly_one_creates(store: Store, prefix: str) -> None:
    gate = threading.Barrier(12)

    def race(number: int) -> bool:
        gate.wait()
        return store.create("work", prefix + "raced", b"%d" % number)

    for _ in range(5):
        with ThreadPoolExecutor(12) as pool:
            won = list(pool.map(race, range(12)))
        assert won.count(True) == 1
        assert store.get("work", prefix + "raced") == b"%d" % won.index(True)
        store.delete("work", prefix + "raced")


def test_deleting_what_is_not_there_is_fine(store: Store, prefix: str) -> None:
    store.delete("work", prefix + "nothing")
    store.put("work", prefix + "a", b"1")
    store.delete("work", prefix + "a")
    assert not store.exists("work", prefix + "a")
    assert store.create("work", prefix + "a", b"again")


@pytest.mark.parametrize(
    ("offset", "length", "wanted"),
    [
        (0, None, b"0123456789"), (0, 4, b"0123"), (3, 4, b"3456"), (8, 9, b"89"), (9, 1, b"9"), (4, None, b"456789"),
        (0, 0, b""), (5, 0, b""), (10, 5, b""), (99, 5, b""), (10, None, b""),
    ],
)  # fmt: skip
def test_ranges(store: Store, prefix: str, offset: int, length: int | None, wanted: bytes) -> None:
    store.put("work", prefix + "a", b"0123456789")
    assert store.get("work", prefix + "a", offset, length) == wanted


def test_an_empty_object_is_an_object(store: Store, prefix: str) -> None:
    assert store.create("work", prefix + "empty", b"")
    assert (store.exists("work", prefix + "empty"), store.get("work", prefix + "empty")) == (True, b"")
    assert not store.create("work", prefix + "empty", b"x")


def test_names_are_sorted_and_only_those_that_begin_so(store: Store, prefix: str) -> None:
    for name in ("b/2", "a/10", "a/9", "ab", "c"):
        store.put("work", prefix + name, b"")
    assert list(store.names("work", prefix)) == [prefix + name for name in ("a/10", "a/9", "ab", "b/2", "c")]
    assert list(store.names("work", prefix + "a")) == [prefix + name for name in ("a/10", "a/9", "ab")]
    assert list(store.names("work", prefix + "a/")) == [prefix + name for name in ("a/10", "a/9")]
    assert list(store.names("work", prefix + "nothing/")) == []


def test_more_names_than_one_page_holds(store: Store, prefix: str) -> None:
    names = sorted(f"{prefix}{number}" for number in range(1_050))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.put("work", name, b""), names))
    assert list(store.names("work", prefix)) == names


@pytest.mark.parametrize("name", WEIRD)
def test_weird_names_stay_what_they_are_and_inside(store: Store, prefix: str, name: str) -> None:
    """What a store can't hold it refuses in words of ours; it never puts it elsewhere."""
    beside = prefix.rstrip("/") + "x/beside"
    store.put("work", beside, b"beside")
    try:
        made = store.create("work", prefix + name, name.encode())
    except (NotFound, Unavailable):
        pytest.skip("this store has no such names")
    assert made
    assert store.get("work", prefix + name) == name.encode()
    assert list(store.names("work", prefix)) == [prefix + name]
    assert store.get("work", beside) == b"beside"


def test_big_objects_come_back_whole_and_in_parts(store: Store, prefix: str) -> None:
    piece = bytes(range(256)) * 4096
    big = piece * 24
    store.put("work", prefix + "big", big)
    assert store.get("work", prefix + "big") == big
    assert store.get("work", prefix + "big", 20 << 20, 512) == big[20 << 20 : (20 << 20) + 512]


def test_what_is_renewed_stays_what_it_is(store: Store, prefix: str) -> None:
    for name in ("a/1.json", "a/ünïcödé +%", "b"):
        store.put("work", prefix + name, name.encode())
    store.renew("work", prefix + "a/")
    store.renew("work", prefix + "nothing/")
    assert [store.get("work", name) for name in store.names("work", prefix)] == [
        name.encode() for name in ("a/1.json", "a/ünïcödé +%", "b")
    ]


def test_what_has_had_half_of_its_time_is_as_new_when_it_is_renewed(services: Endpoints, prefix: str) -> None:
    client = s3.connect(read(services.settings()).store)
    if "work" not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket="work")
    patient = s3.S3Store(client)
    for name in ("a/1.json", "a/ü +%", "b"):
        patient.put("work", prefix + name, b"x")
    written = ages(client, prefix)
    time.sleep(1.1)
    patient.renew("work", prefix)
    assert ages(client, prefix) == written, "they are young"
    s3.S3Store(client, renew_after=timedelta(seconds=1)).renew("work", prefix + "a/")
    now = ages(client, prefix)
    assert {name for name in written if now[name] > written[name]} == {prefix + "a/1.json", prefix + "a/ü +%"}
    assert client.head_object(Bucket="work", Key=prefix + "a/1.json")["ContentType"] == "application/json"


def ages(client: Any, prefix: str) -> dict[str, datetime]:
    """When each object was written, as the store's lifecycle counts."""
    return {e["Key"]: e["LastModified"] for e in client.list_objects_v2(Bucket="work", Prefix=prefix)["Contents"]}


def test_artefacts_outlive_the_events_of_a_run_that_begins_with_them() -> None:
    internal = {topic.retention_ms for topic in TOPICS.values() if topic.name.startswith("media.")}
    assert max(internal) / DAY_MS <= WORK_DAYS / 2


def test_a_bucket_that_is_not_there_holds_nothing(store: Store) -> None:
    with pytest.raises((NotFound, Unavailable)):
        store.get("nowhere", "a")
    assert not store.exists("nowhere", "a")


def test_a_bucket_that_is_gone_is_a_store_that_is_away_and_no_fault_of_a_job(services: Endpoints) -> None:
    store = s3.S3Store(s3.connect(read(services.settings()).store))
    for ask in (
        lambda: store.get("nowhere", "a"), lambda: store.create("nowhere", "a", b""),
        lambda: store.put("nowhere", "a", b""), lambda: list(store.names("nowhere", "a")),
    ):  # fmt: skip
        with pytest.raises(Unavailable):
            ask()
