"""Attempts that never ended are counted, and no other."""

from collections.abc import Iterator
from pathlib import Path

from infra.folder import FolderStore
from schemas.errors import Unavailable
from streams import attempts


def test_two_attempts_that_never_ended_make_a_suspect(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    marks = [attempts.begin(store, "s", ["e"]) for _ in range(3)]
    assert [mark.suspect(0) for mark in marks] == [False, False, True]


def test_an_attempt_that_ended_clears_what_was_counted(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    attempts.begin(store, "s", ["e"])
    attempts.end(store, attempts.begin(store, "s", ["e"]))
    assert attempts.begin(store, "s", ["e"]).before == (0,)


def test_items_and_stages_are_counted_apart(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for _ in range(2):
        attempts.begin(store, "s", ["e"])
    assert not attempts.begin(store, "s", ["f"]).suspect(0)
    assert not attempts.begin(store, "t", ["e"]).suspect(0)


def test_a_batch_has_one_mark_and_each_of_it_is_counted_by_itself(tmp_path: Path) -> None:
    store, many = Counting(tmp_path), [f"e{n}" for n in range(64)]
    attempts.begin(store, "s", many)
    assert store.calls == ["names", "create"]
    attempts.begin(store, "s", ["e7", "x"])
    assert attempts.begin(store, "s", ["x", *many]).before == (1, *(2 if name == "e7" else 1 for name in many))


def test_the_end_of_some_forgets_them_and_not_their_companions(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    attempts.begin(store, "s", ["a", "b", "c"])
    attempts.end(store, attempts.begin(store, "s", ["a", "c"]))
    assert attempts.begin(store, "s", ["a", "b", "c"]).before == (0, 1, 0)


def test_nothing_is_left_of_attempts_that_ended(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    attempts.begin(store, "s", ["a", "b"])
    attempts.begin(store, "s", ["b", "c"])
    running = attempts.begin(store, "s", ["c", "d", "a", "b"])
    attempts.acquit(store, "s", ["d"])
    attempts.end(store, running)
    assert list(store.names("work", "attempts/")) == []


def test_one_that_ended_alone_in_a_child_is_no_suspect_even_if_its_parent_is_dead(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for _ in range(3):
        attempts.begin(store, "s", ["e", "f"])
    attempts.acquit(store, "s", ["e"])
    found = attempts.begin(store, "s", ["e", "f"])
    assert not found.suspect(0) and found.suspect(1)


class Counting(FolderStore):
    """Notes its calls."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.calls = list[str]()

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        self.calls.append("names")
        return super().names(bucket, prefix)

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        self.calls.append("create")
        return super().create(bucket, key, data)


class Gone(FolderStore):
    """A store that goes away before the end."""

    def delete(self, bucket: str, key: str) -> None:
        raise Unavailable("away")


def test_an_end_that_can_not_be_noted_is_no_failure(tmp_path: Path) -> None:
    mark = attempts.begin(FolderStore(tmp_path), "s", ["e"])
    attempts.end(Gone(tmp_path), mark)
