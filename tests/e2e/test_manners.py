"""How the command line behaves whatever it does: help when nothing was said, quiet when nobody reads any more."""

import json
from pathlib import Path

import pytest

from tests.commands import LECTURE, chalkstream, started


@pytest.mark.parametrize("words", [(), ("models",), ("deadletters",)])
def test_nothing_said_is_answered_with_the_help_as_it_is(words: tuple[str, ...]) -> None:
    done = chalkstream(*words)
    assert done.code == 2
    assert "\n\nCommands:\n" in done.err and not done.error_lines


def test_who_stops_reading_gets_neither_an_error_nor_a_traceback(tmp_path: Path) -> None:
    words = ("run", LECTURE, "--out", tmp_path / "out", "--store", tmp_path / "store", "--json")
    run = started(*words)
    assert run.stdout and run.stderr
    json.loads(run.stdout.readline())
    run.stdout.close()
    said = run.stderr.read()
    assert run.wait(60) == 1
    assert "error: " not in said and "Traceback" not in said
    run.stderr.close()
    assert chalkstream(*words).code == 0, "the same command goes on"


def test_a_program_learns_how_a_file_stands_that_was_done_before(tmp_path: Path) -> None:
    words = ("run", LECTURE, "--out", tmp_path / "out", "--store", tmp_path / "store", "--json")
    first, second = chalkstream(*words), chalkstream(*words)
    (told,) = second.events
    assert (told["type"], told["data"]["state"]) == ("io.chalkstream.job-changed.v1", "done")
    assert told["subject"] in {event["subject"] for event in first.events}
    assert "lecture" in first.err, "progress goes to standard error"
