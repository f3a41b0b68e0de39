"""A folder as an object store: what the contract suite does not ask of every store."""

from pathlib import Path

import pytest

from infra.folder import FolderStore
from schemas.errors import BadInput, Unavailable


@pytest.mark.parametrize(
    "key", ["../../evil", "a/../../b", "./x", "a//b", "nul\x00l", "%2e%2e/x", "ünï/日本.mp4", "a\nb", "x'\"y"]
)
def test_no_key_reaches_outside_its_bucket(tmp_path: Path, key: str) -> None:
    root = tmp_path / "store"
    store = FolderStore(root)
    assert store.create("work", key, b"1")
    assert store.get("work", key) == b"1"
    assert list(store.names("work", "")) == [key]
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(root)]


def test_nothing_half_written_is_left_or_seen(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.create("work", "a", b"whole")
    assert not store.create("work", "a", b"other")
    assert store.get("work", "a") == b"whole"
    assert not any((tmp_path / ".spool").iterdir())


def test_a_name_that_no_file_system_holds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        FolderStore(tmp_path).create("work", "x" * 300, b"")


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        FolderStore(tmp_path / "file" / "below")
