"""``make demo-kafka``: one command brings a lecture's files by way of real services, and leaves nothing running."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from processors.text.subtitle_files import read
from tests.commands import LECTURE, ROOT, environment
from tests.connected.conftest import require_tools

pytestmark = pytest.mark.slow


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Where the demo makes its folder; by its name its processes are known."""
    require_tools()
    (tmp_path / "room").mkdir()
    return tmp_path / "room"


@pytest.fixture
def demo(room: Path, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-m", "streams.demo", str(LECTURE), "fr", str(tmp_path / "out")]
    with subprocess.Popen(words, cwd=ROOT, env=environment(TMPDIR=str(room)), stderr=subprocess.PIPE, text=True) as it:
        yield it
        it.kill()


def running(room: Path) -> set[str]:
    """Names of the processes that have to do with ``room``."""
    found = set()
    for each in psutil.process_iter():
        try:
            if any(str(room) in word for word in each.cmdline()):
                found.add(each.name())
        except psutil.Error:
            continue
    return found


def said_until(demo: "subprocess.Popen[str]", word: str) -> list[str]:
    """Its lines up to the one that begins with ``word``."""
    assert demo.stderr
    lines: list[str] = []
    while not (lines and lines[-1].startswith(word)):
        lines.append(demo.stderr.readline())
        assert lines[-1], lines
    return lines


def test_it_brings_the_files_shows_how_far_it_is_and_leaves_nothing_behind(
    demo: "subprocess.Popen[str]", room: Path, tmp_path: Path
) -> None:
    before = said_until(demo, "put lecture.mp4")
    assert {"java", "minio"} <= running(room)
    _, told = demo.communicate(timeout=300)
    assert demo.returncode == 0, told
    assert [line.split(":")[0] for line in before if ":" in line][:2] == ["services up", "init"]
    assert len(re.findall(r"^  \d\d:\d\d  \w", told, re.MULTILINE)) >= 3, "cues, as they come"
    assert "services down: kafka, minio" in told and str(tmp_path / "out" / "lecture.fr.srt") in told
    out = tmp_path / "out"
    assert {path.name for path in out.iterdir()} == {
        *(f"lecture.{tag}.{kind}" for tag in ("en", "fr") for kind in ("srt", "vtt")), "lecture.json",
    }  # fmt: skip
    assert all(read((out / f"lecture.{tag}.srt").read_bytes(), "srt") for tag in ("en", "fr"))
    assert (running(room), list(room.glob("chalkstream-*"))) == (set(), [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_stops_what_it_started(
    demo: "subprocess.Popen[str]", room: Path, number: signal.Signals
) -> None:
    said_until(demo, "put lecture.mp4")
    demo.send_signal(number)
    _, told = demo.communicate(timeout=120)
    assert demo.returncode == 130, told
    assert told.splitlines()[-1].startswith("error: cancelled: ") and "Traceback" not in told
    assert (running(room), list(room.glob("chalkstream-*"))) == (set(), [])
