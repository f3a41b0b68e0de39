"""Bad media by way of ``chalkstream run``: a typed code, its exit code, nothing left running, a good file unharmed."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from infra.models.installed import BUILT_IN
from processors.text.subtitle_files import read
from tests.commands import Done, command, environment, started
from tests.media import Audio, make, speech
from tests.needs import tool
from tests.spoilt import CONCAT, DASH, ENCRYPTED, HLS, SDP, bomb, claiming, halved, put

SECONDS = 20


def talk(path: Path, *, seconds: float = SECONDS, **options: str) -> Path:
    """The beginning of the sample lecture."""
    codec = {".wav": "pcm_s16le", ".flac": "flac"}.get(path.suffix, "aac")
    return make(path, Audio(speech(seconds), codec=codec), options=options)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that can be used."""
    return talk(tmp_path_factory.mktemp("good") / "good.flac", seconds=8)


@pytest.fixture(scope="module")
def wanted(good: Path) -> dict[str, bytes]:
    """Its subtitles when it is alone."""
    assert run(good.parent, good).code == 0
    return subtitles(good.parent / "out")


def subtitles(out: Path, stem: str = "good") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob(f"{stem}.*.???")}


def run(folder: Path, *words: str | Path) -> Done:
    """A run with a store of its own; what it started is gone with it."""
    out = ("--out", folder / "out", "--store", folder / "store")
    process, seen = started("run", *words, "--source-language", "en", *out), set[psutil.Process]()
    while process.poll() is None:
        try:
            seen.update(psutil.Process(process.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.02)
    out_text, err = process.communicate(timeout=10)
    gone, left = psutil.wait_procs(seen, timeout=5)
    assert gone and not left
    assert "Traceback" not in err
    return Done(process.returncode, out_text, err)


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "concat.mp4": (lambda path: put(path, CONCAT), "unsupported_format"),
    "session.mp4": (lambda path: put(path, SDP.format(45_311)), "unsupported_format"),
    "hls.mp4": (lambda path: put(path, HLS.format("other.mp4")), "unsupported_format"),
    "dash.mp4": (lambda path: put(path, DASH), "unsupported_format"),
    "bomb.mp4": (lambda path: put(path, bomb()), "unsupported_format"),
    "random.mp4": (lambda path: put(path, random.Random(2).randbytes(100_000)), "unsupported_format"),
    "a 'q\"uote\nd.mp4": (lambda path: put(path, CONCAT), "unsupported_format"),
    "pictures.mp4": (lambda path: make(path, video=2), "no_audio_stream"),
    "indexless.mp4": (lambda path: halved(talk(path)), "truncated"),
    "secret.mp4": (lambda path: make(path, Audio(speech(SECONDS)), options=ENCRYPTED), "encrypted"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_has_its_code_and_the_good_file_its_subtitles(
    good: Path, wanted: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    (tmp_path / "in").mkdir()
    spoil, code = REFUSED[name]
    talk(tmp_path / "in" / "other.mp4", seconds=2)
    done = run(tmp_path, spoil(tmp_path / "in" / name), good)
    assert done.code == 3
    (said,) = done.error_lines
    assert said.startswith(f"error: {code}: ") and " - " in said
    assert subtitles(tmp_path / "out") == wanted
    assert {path.name.partition(".")[0] for path in (tmp_path / "out").iterdir()} == {"good"}


@pytest.mark.parametrize("name", ["lies.wav", "many.mkv", "../in/sideways.flac"])
def test_what_can_be_forgiven_is_done(good: Path, wanted: dict[str, bytes], tmp_path: Path, name: str) -> None:
    """A WAV that claims 4 GB, the one track with speech of thirty, a path that goes up and down."""
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    if name == "many.mkv":
        make(path, *[Audio(speech(SECONDS) * (index == 17), codec="flac") for index in range(30)])
    else:
        talk(path)
    if name == "lies.wav":
        claiming(path, b"\xf0\xff\xff\xff")
    done = run(tmp_path, path, good)
    assert (done.code, done.error_lines) == (0, [])
    assert subtitles(tmp_path / "out") == wanted
    report = json.loads((tmp_path / "out" / f"{path.stem}.json").read_text())
    assert report["languages"]["en"]["cues"] > 3 and report["lost"] == []
    assert abs(report["source"]["duration"] - SECONDS) < 0.1
    assert {each.name for each in tmp_path.iterdir()} == {"in", "out", "store"}


def test_half_a_file_is_partial_and_the_report_names_the_half_that_is_lost(
    good: Path, wanted: dict[str, bytes], tmp_path: Path
) -> None:
    done = run(tmp_path, halved(talk(tmp_path / "half.mp4", movflags="faststart")), good)
    assert (done.code, done.error_lines) == (4, [])
    assert "warning: 'half.mp4'" in done.err
    assert subtitles(tmp_path / "out") == wanted
    report = json.loads((tmp_path / "out" / "half.json").read_text())
    (lost,) = report["lost"]
    assert lost["reason"] == "truncated" and abs(lost["end"] - SECONDS) < 0.1
    assert 0.3 * SECONDS < lost["start"] < 0.7 * SECONDS
    found = subtitles(tmp_path / "out", "half")
    cues = read(found["half.en.srt"], "srt")
    assert cues == read(found["half.en.vtt"], "vtt") and len(cues) > 1
    assert all(0 <= cue.start < cue.end <= SECONDS and cue.start < lost["start"] for cue in cues)


def test_the_worst_of_several_ends_decides_the_exit_code(tmp_path: Path) -> None:
    half = halved(talk(tmp_path / "half.mp4", movflags="faststart"))
    assert run(tmp_path, half, put(tmp_path / "list.mp4", CONCAT)).code == 3


def test_a_model_file_that_is_missing_is_named_before_work_starts(good: Path, tmp_path: Path) -> None:
    demo, pack = BUILT_IN / "demo", tmp_path / "pack"
    (pack / "asr").mkdir(parents=True)
    (pack / "pack.toml").write_bytes((demo / "pack.toml").read_bytes())
    (pack / "mt").symlink_to(demo / "mt")
    for file in (demo / "asr").iterdir():
        if file.name != "model.bin":
            (pack / "asr" / file.name).symlink_to(file)
    done = run(tmp_path, good, "--models", pack)
    assert done.code == 2 and len(done.error_lines) == 1
    assert done.error_lines[0].startswith("error: settings: ") and "model.bin" in done.error_lines[0]
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="folders have modes elsewhere")
def test_a_folder_that_may_not_be_written_is_said_before_work_starts(good: Path, tmp_path: Path) -> None:
    """Root may write everywhere; without that one right it is like anybody else."""
    out, store = tmp_path / "out", tmp_path / "store"
    out.mkdir(mode=0o555)
    words = command("run", good, "--out", out, "--store", store)
    powerless = [] if os.geteuid() else [tool("setpriv"), "--bounding-set=-dac_override"]
    done = subprocess.run([*powerless, *words], capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 2
    assert done.stderr.startswith("error: settings: ") and "can't be written" in done.stderr and " - " in done.stderr
    assert not store.exists() and list(out.iterdir()) == []
