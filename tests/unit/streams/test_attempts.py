"""Attempts that never ended are counted, and no other."""

from pathlib import Path

from infra.folder import FolderStore
from schemas.errors import Unavailable
from streams import attempts


def test_two_attempts_that_never_ended_make_a_suspect(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    marks = [attempts.begin(store, "s", "e") for _ in range(3)]
    assert [mark.suspect for mark in marks] == [False, False, True]


def test_an_attempt_that_ended_clears_what_was_counted(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    attempts.begin(store, "s", "e")
    attempts.end(store, attempts.begin(store, "s", "e"))
    assert attempts.begin(store, "s", "e").before == 0


def test_items_and_stages_are_counted_apart(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for _ in range(2):
        attempts.begin(store, "s", "e")
    assert not attempts.begin(store, "s", "f").suspect
    assert not attempts.begin(store, "t", "e").suspect


def test_one_that_ended_alone_in_a_child_is_no_suspect_even_if_its_parent_is_dead(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for _ in range(3):
        attempts.begin(store, "s", "e")
    attempts.acquit(store, "s", "e")
    assert not attempts.begin(store, "s", "e").suspect


class Gone(FolderStore):
    """A store that goes away before the end."""

    def delete(self, bucket: str, key: str) -> None:
        raise Unavailable("away")


def test_an_end_that_can_not_be_noted_is_no_failure(tmp_path: Path) -> None:
    mark = attempts.begin(FolderStore(tmp_path), "s", "e")
    attempts.end(Gone(tmp_path), mark)
