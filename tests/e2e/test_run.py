"""A lecture goes in, subtitles come out; run again, killed in the middle, interrupted: the same answer."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from infra.models.installed import BUILT_IN
from processors.text.subtitle_files import read
from streams.bootstrap import MOST_WORKERS
from tests.commands import LECTURE, chalkstream, started

TARGETS = ("fr", "es", "de")


def subtitles(folder: Path) -> dict[str, str]:
    """Hash of every subtitle file."""
    files = [*folder.glob("*.srt"), *folder.glob("*.vtt")]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in files}


Item = tuple[str, int]
"""A stage and the fact it works on, by its place in the journal."""


def begun(store: Path) -> Counter[Item]:
    """How often each item was begun, by the journal's own account."""
    return Counter(_items(store, "attempts"))


def in_hand(store: Path) -> set[Item]:
    """What a process that was killed had begun and not ended."""
    return set(_items(store, "attempts WHERE ended IS NULL"))


def _items(store: Path, where: str) -> list[Item]:
    with closing(sqlite3.connect(store / "journal.sqlite")) as journal:
        return journal.execute(f"SELECT stage, seq FROM {where}").fetchall()  # noqa: S608 - our own words


def outcomes(store: Path) -> set[str | None]:
    """How attempts ended; None is one that did not."""
    with closing(sqlite3.connect(store / "journal.sqlite")) as journal:
        return {outcome for (outcome,) in journal.execute("SELECT DISTINCT outcome FROM attempts")}


def of_each(items: Counter[Item]) -> Counter[str]:
    """How many items there were of each stage that computes."""
    return Counter(stage for stage, _ in items if stage in ("demux", "chunk", "identify", "transcribe", "translate"))


def without_models(folder: Path) -> Path:
    """The demo pack by name, revision and checksums; but whoever loads one of its models fails."""
    demo, folder = BUILT_IN / "demo", folder / "pack"
    folder.mkdir()
    for model in ("asr", "mt", "chat", "image"):
        (folder / model).symlink_to(demo / model)
    words = (demo / "pack.toml").read_text()
    (folder / "pack.toml").write_text(words.replace('compute_type = "int8"', 'compute_type = "none"'))
    return folder


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


def test_the_same_file_again_begins_nothing(quiet: Path, tmp_path: Path) -> None:
    before = begun(quiet / "store")
    done = chalkstream("run", LECTURE, "--to", "fr,es,de", "--out", tmp_path, "--store", quiet / "store", "--json")
    assert done.code == 0 and all(".job-" in event["type"] for event in done.events)
    assert subtitles(tmp_path) == subtitles(quiet / "out")
    assert begun(quiet / "store") == before and set(before.values()) == {1}


def test_without_its_models_a_file_can_not_be_run(tmp_path: Path) -> None:
    """What the next test stands on."""
    words = ("--out", tmp_path, "--store", tmp_path / "store", "--models", without_models(tmp_path))
    done = chalkstream("run", LECTURE, *words)
    assert done.code == 2 and "can't be loaded" in done.error_lines[-1]


def test_other_wishes_for_the_same_file_call_no_model(quiet: Path, tmp_path: Path) -> None:
    store = shutil.copytree(quiet / "store", tmp_path / "store")
    words = ("--out", tmp_path, "--store", store, "--models", without_models(tmp_path))
    done = chalkstream("run", LECTURE, "--to", "fr", "--json", *words)
    assert done.code == 0, done.err
    assert (tmp_path / "lecture.fr.srt").read_bytes() == (quiet / "out/lecture.fr.srt").read_bytes()
    assert outcomes(store) == {"done"}, "nothing was tried that needs a model"


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
    left = in_hand(tmp_path / "store")
    assert sum(stage == "transcribe" for stage, _ in left) <= MOST_WORKERS
    done = chalkstream(*words)
    assert done.code == 0, done.err
    assert subtitles(tmp_path / "out") == subtitles(quiet / "out")
    items = begun(tmp_path / "store")
    assert {item for item, times in items.items() if times > 1} <= left, "only what was in hand is begun again"
    assert max(items.values()) <= 2
    assert of_each(items) == of_each(begun(quiet / "store")), "and no item is there under another name"


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
