"""What can't be used ends with its code in one line, and does not disturb what can."""

import json
import os
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import media
from tests.commands import LECTURE, Done, chalkstream


def run(tmp_path: Path, *words: str | Path, out: str = "out") -> Done:
    """A run with a store of its own."""
    return chalkstream("run", *words, "--out", tmp_path / out, "--store", tmp_path / "store")


def silence(path: Path, seconds: float) -> Path:
    """A WAV of nothing."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(int(seconds * 32_000)))
    return path


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.mp4", b"", "unsupported_format"),
        ("one.mp4", b"x", "unsupported_format"),
        ("text.mp4", b"hello world\n" * 100, "unsupported_format"),
        ("noise.mp4", bytes(range(256)) * 500, "unsupported_format"),
    ],
)
def test_no_media_ends_typed(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    done = run(tmp_path, tmp_path / name)
    assert done.code == 3
    assert len(done.error_lines) == 1 and done.error_lines[0].startswith(f"error: {code}: ")
    assert "Traceback" not in done.err


def test_a_bad_file_does_not_stop_a_good_one(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no media at all")
    done = run(tmp_path, tmp_path / "bad.mp4", LECTURE)
    assert done.code == 3
    assert (tmp_path / "out" / "lecture.en.srt").stat().st_size > 100


@pytest.mark.parametrize("sound", [media.silence, media.noise, media.music, media.tone])
def test_without_speech_there_are_valid_empty_files_and_a_warning(
    tmp_path: Path, sound: Callable[[float], media.Sound]
) -> None:
    path = media.make(tmp_path / "quiet.flac", media.Audio(sound(30), codec="flac"))
    done = run(tmp_path, path, "--to", "fr")
    assert done.code == 0, done.err
    files = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert files == ["quiet.fr.srt", "quiet.fr.vtt", "quiet.json", "quiet.und.srt", "quiet.und.vtt"]
    for tag in ("fr", "und"):
        assert (tmp_path / "out" / f"quiet.{tag}.srt").read_bytes() == b""
        assert (tmp_path / "out" / f"quiet.{tag}.vtt").read_bytes() == b"WEBVTT\n\n"
    report = json.loads((tmp_path / "out" / "quiet.json").read_text())
    assert "no_speech" in report["warnings"]
    assert [said["cues"] for said in report["languages"].values()] == [0, 0]


@pytest.mark.parametrize("name", ["qu'o\"te.wav", "sp ace.wav", "new\nline.wav", "-dash.wav", "{0}.wav", "ü日.wav"])
def test_odd_names_are_only_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "in").mkdir()
    done = run(tmp_path, silence(tmp_path / "in" / name, 1))
    assert done.code == 0, done.err
    stem = name.removesuffix(".wav").replace("\n", "_")
    assert (tmp_path / "out" / f"{stem}.und.srt").exists()
    assert sorted(path.name for path in (tmp_path / "in").iterdir()) == [name]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--to", "xx"), 3, "unknown_language"),
        (("--source-language", "fr"), 3, "unknown_language"),
        (("--profile", "nope"), 3, "unknown_profile"),
        (("--formats", "docx"), 2, "settings"),
        (("--models", "nope"), 2, "settings"),
        (("--no-such-option",), 2, "usage"),
    ],
)
def test_impossible_wishes_end_before_work_starts(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(tmp_path, LECTURE, *words)
    assert (done.code, len(done.error_lines)) == (code, 1), done.err
    assert done.error_lines[0].startswith(f"error: {said}: ") and " - " in done.error_lines[0]


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path / "nothing.mp4")
    assert done.code == 3 and done.error_lines[0].startswith("error: not_found: ")


def test_an_output_folder_that_can_not_be_written_is_said_before_work_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path, LECTURE, out="file/below")
    assert done.code == 2 and done.error_lines[0].startswith("error: settings: ")
    assert not (tmp_path / "store" / "journal.sqlite").exists()


def test_a_full_disk_is_a_clear_error_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if os.system(f"mount -t tmpfs -o size=2m tmpfs {small} 2>/dev/null"):  # noqa: S605
        pytest.skip("no disk can be mounted here: needs root, and a container that may")
    try:
        words = ("run", LECTURE, "--out", tmp_path / "out", "--store", small / "store")
        done = chalkstream(*words)
        assert done.code == 1 and "unavailable" in done.error_lines[-1] and "Traceback" not in done.err
        os.system(f"mount -o remount,size=64m {small}")  # noqa: S605
        done = chalkstream(*words)
        assert done.code == 0, done.err
        assert (tmp_path / "out" / "lecture.en.srt").stat().st_size > 100
    finally:
        os.system(f"umount {small}")  # noqa: S605
