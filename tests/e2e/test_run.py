"""A lecture goes in, subtitles come out; run again, killed in the middle, interrupted: the same answer."""

import json
import os
import signal
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from processors.text.subtitle_files import read
from tests.commands import LECTURE, chalkstream, started

TARGETS = ("fr", "es", "de")


def subtitles(folder: Path) -> dict[str, str]:
    """Hash of every subtitle file."""
    files = [*folder.glob("*.srt"), *folder.glob("*.vtt")]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


def artefacts(store: Path, stage: str) -> dict[str, int]:
    """When each finished item of a stage was written (ns)."""
    found = (store / "objects" / "work").glob(f"*/{stage}/*/[0-9]*.json")
    return {str(path): path.stat().st_mtime_ns for path in found}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an undisturbed run; its store beside it."""
    base = tmp_path_factory.mktemp("quiet")
    done = chalkstream(
        "run", LECTURE, "--to", ",".join(TARGETS), "--out", base / "out", "--store", base / "store", "--json"
    )
    assert done.code == 0, done.err
    (base / "events.json").write_text(done.out)
    return base


def test_every_language_has_valid_files_and_the_report_accounts_for_them(quiet: Path) -> None:
    report = json.loads((quiet / "out" / "lecture.json").read_text())
    assert set(report["languages"]) == {"en", *TARGETS}
    for language, said in report["languages"].items():
        srt = read((quiet / "out" / f"lecture.{language}.srt").read_bytes(), "srt")
        assert srt == read((quiet / "out" / f"lecture.{language}.vtt").read_bytes(), "vtt")
        assert len(srt) == said["cues"] > 10
        assert all(cue.start < cue.end <= report["source"]["duration"] for cue in srt)
        assert not {each["rule"] for each in said["compliance"]["violations"]} & {"lines", "line_characters", "overlap"}
    assert report["source"]["sha256"] == sha256(LECTURE.read_bytes()).hexdigest()
    assert report["models"]["asr"]["licence"] and not report["lost"]
    assert {"demux", "chunk", "transcribe", "translate", "subtitle"} <= set(report["timings"])


def test_cues_begin_when_the_speaker_does(quiet: Path) -> None:
    truth = json.loads(LECTURE.with_suffix(".reference.json").read_text())["sentences"]
    cues = read((quiet / "out" / "lecture.en.srt").read_bytes(), "srt")
    off = sorted(min(abs(cue.start - sentence["start"]) for cue in cues) for sentence in truth)
    assert off[len(off) // 2] <= 0.2


def test_events_are_cloudevents_of_one_job_and_end_with_its_end(quiet: Path) -> None:
    events = [json.loads(line) for line in (quiet / "events.json").read_text().splitlines()]
    assert len({event["id"] for event in events}) == len(events)
    assert len({event["subject"] for event in events}) == 1
    assert events[-1]["type"] == "io.chalkstream.job-ended.v1"
    assert all(len(json.dumps(event)) < 4096 for event in events if "transcribed" not in event["type"])


def test_the_same_file_again_computes_nothing(quiet: Path, tmp_path: Path) -> None:
    before = {stage: artefacts(quiet / "store", stage) for stage in ("demux", "transcribe", "translate")}
    done = chalkstream("run", LECTURE, "--to", "fr,es,de", "--out", tmp_path, "--store", quiet / "store", "--json")
    assert (done.code, done.events) == (0, [])
    assert subtitles(tmp_path) == subtitles(quiet / "out")
    assert before == {stage: artefacts(quiet / "store", stage) for stage in before}


def test_other_wishes_for_the_same_file_reuse_what_was_heard(quiet: Path, tmp_path: Path) -> None:
    heard, spoken = artefacts(quiet / "store", "transcribe"), artefacts(quiet / "store", "translate")
    done = chalkstream("run", LECTURE, "--to", "fr", "--out", tmp_path, "--store", quiet / "store", "--json")
    assert done.code == 0 and (tmp_path / "lecture.fr.srt").read_bytes() == (quiet / "out/lecture.fr.srt").read_bytes()
    assert (heard, spoken) == (artefacts(quiet / "store", "transcribe"), artefacts(quiet / "store", "translate"))


@pytest.mark.parametrize(
    "moment", ["part-decoded", "speech-cut", "speech-transcribed", "block-translated", "subtitles-ready"]
)
def test_killed_in_the_middle_and_run_again_it_is_the_same(quiet: Path, tmp_path: Path, moment: str) -> None:
    words = (
        "run",
        LECTURE,
        "--to",
        ",".join(TARGETS),
        "--out",
        tmp_path / "out",
        "--store",
        tmp_path / "store",
        "--json",
    )
    run = started(*words)
    assert run.stdout is not None
    seen = 0
    for line in run.stdout:
        seen += f".{moment}." in line
        if seen == 2:
            run.send_signal(signal.SIGKILL)
            break
    _, err = run.communicate()
    assert run.returncode == -signal.SIGKILL, err
    finished = {stage: artefacts(tmp_path / "store", stage) for stage in ("transcribe", "translate")}
    done = chalkstream(*words)
    assert done.code == 0, done.err
    assert subtitles(tmp_path / "out") == subtitles(quiet / "out")
    for stage, before in finished.items():
        after = artefacts(tmp_path / "store", stage)
        assert before.items() <= after.items()


def test_interrupted_it_says_how_to_go_on_and_leaves_nothing_running(tmp_path: Path) -> None:
    run = started("run", LECTURE, "--out", tmp_path / "out", "--store", tmp_path / "store", "--json")
    assert run.stdout is not None
    next(iter(run.stdout))
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert err.splitlines()[-1].startswith("error: cancelled: ")
    with pytest.raises(ProcessLookupError):
        os.kill(run.pid, 0)
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert left.stdout == ""
