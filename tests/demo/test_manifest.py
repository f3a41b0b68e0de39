"""A pack that is not what its manifest says gives one error that names the file and the remedy."""

from pathlib import Path

import pytest

from demo import manifest


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "mt" / "deep").mkdir(parents=True)
    (tmp_path / "mt" / "model.bin").write_bytes(b"weights")
    (tmp_path / "mt" / "deep" / 'odd "name".json').write_text("{}")
    manifest.record(tmp_path, "mt", {"seed": 1, "steps": 5, "versions": ["a 1", "b 2"]})
    return tmp_path


def test_what_was_recorded_is_verified(pack: Path) -> None:
    manifest.verify(pack)
    section = manifest.read(pack)["mt"]
    assert section["training"] == {"seed": 1, "steps": 5, "versions": ["a 1", "b 2"]}
    assert set(section["files"]) == {"model.bin", 'deep/odd "name".json'}


def test_recording_one_section_keeps_the_others(pack: Path) -> None:
    (pack / "chat").mkdir()
    (pack / "chat" / "model.bin").write_bytes(b"other")
    manifest.record(pack, "chat", {"seed": 2})
    assert manifest.read(pack)["mt"]["training"]["seed"] == 1


def test_a_changed_file_is_named(pack: Path) -> None:
    (pack / "mt" / "model.bin").write_bytes(b"half")
    with pytest.raises(manifest.BrokenPack, match=r"model\.bin.*sha256.* - .*rebuild"):
        manifest.verify(pack)


def test_a_missing_file_is_named(pack: Path) -> None:
    (pack / "mt" / "model.bin").unlink()
    with pytest.raises(manifest.BrokenPack, match=r"model\.bin is missing - "):
        manifest.verify(pack)


def test_a_folder_without_manifest_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(manifest.BrokenPack, match=r"pack\.toml is missing"):
        manifest.verify(tmp_path)
