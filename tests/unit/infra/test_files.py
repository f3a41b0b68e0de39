"""A local file as an upload."""

import os
from pathlib import Path

import pytest

from infra import files
from schemas.errors import BadInput, NotFound


def test_the_same_file_is_the_same_upload_and_a_changed_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"a" * 100)
    first = files.identify(path)
    assert files.identify(path) == first
    path.write_bytes(b"a" * 99 + b"b")
    os.utime(path, ns=(1, path.stat().st_mtime_ns))
    assert files.identify(path).etag != first.etag
    with pytest.raises(BadInput) as caught:
        files.check_unchanged(first)
    assert caught.value.code == "conflict"


def test_identity_reads_only_the_edges_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "sparse.mp4"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert files.identify(path).size == 1 << 40


@pytest.mark.parametrize("name", ["quo'te\".wav", "new\nline.wav", "sp ace.wav", "..wav"])
def test_odd_names_are_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"1")
    assert files.identify(tmp_path / name).key.endswith(name)


def test_what_is_no_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        files.identify(tmp_path / "nothing")
    with pytest.raises(BadInput):
        files.identify(tmp_path)


def test_reads_are_by_range(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    source = files.FileSource(path)
    assert (source.size, source.read(2, 3), source.read(8, 9), source.read(20, 1)) == (10, b"234", b"89", b"")
    source.close()
