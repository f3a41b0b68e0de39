"""A service is brought to the wanted state, whatever state it was left in, and only ours is ever touched."""

import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local import daemon, process
from infra.local.daemon import Service
from schemas.errors import Unavailable

SH = shutil.which("sh") or "/bin/sh"


def service_in(home: Path, script: str = "while :; do sleep 1; done") -> Service:
    return Service("thing", home, (SH, "-c", f"{script} # {home}"), {}, {}, lambda: None, lambda: True)


@pytest.fixture
def thing(tmp_path: Path) -> Iterator[Service]:
    service = service_in(tmp_path / "thing")
    yield service
    daemon.halt(service.home)


def pid(service: Service) -> int:
    found = daemon.running(service.home)
    assert found
    return found[0].pid


def test_ensure_twice_is_ensure_once(thing: Service) -> None:
    daemon.ensure(thing)
    first = pid(thing)
    daemon.ensure(thing)
    assert pid(thing) == first


def test_a_changed_recipe_starts_it_anew(thing: Service) -> None:
    daemon.ensure(thing)
    first = pid(thing)
    daemon.ensure(replace(thing, env={"A": "1"}))
    assert pid(thing) != first
    assert process.identify(first) is None


def test_a_killed_one_is_started_again(thing: Service) -> None:
    daemon.ensure(thing)
    assert daemon.strike(thing.home, signal.SIGKILL)
    assert daemon.running(thing.home) is None
    daemon.ensure(thing)
    assert daemon.running(thing.home)


def test_halt_stops_it_and_says_so_once(thing: Service) -> None:
    daemon.ensure(thing)
    assert daemon.halt(thing.home)
    assert not daemon.halt(thing.home)
    assert not daemon.strike(thing.home, signal.SIGKILL)


def test_a_starter_that_died_before_noting_the_process_loses_nothing(thing: Service) -> None:
    daemon.ensure(thing)
    note = json.loads((thing.home / daemon.NOTE).read_text())
    (thing.home / daemon.NOTE).write_text(json.dumps({**note, "identity": None}))
    first = pid(thing)
    daemon.ensure(thing)
    assert pid(thing) == first


def test_a_process_that_got_the_noted_id_later_is_left_alone(tmp_path: Path, thing: Service) -> None:
    daemon.ensure(thing)
    note = json.loads((thing.home / daemon.NOTE).read_text())
    older = tmp_path / "older"
    older.mkdir()
    note["identity"]["started"] -= 1
    (older / daemon.NOTE).write_text(json.dumps(note))
    assert not daemon.halt(older)
    assert daemon.running(thing.home)


@pytest.mark.parametrize("text", ["", "12345", "[]", '{"command": []}', '{"command": [], "recipe": "", "identity": 7}'])
def test_a_note_that_is_not_ours_means_nothing_is_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / daemon.NOTE).write_text(text)
    assert daemon.running(tmp_path) is None
    assert not daemon.halt(tmp_path)


def test_one_that_ends_while_starting_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="FATAL no room") as caught:
        daemon.ensure(replace(service_in(tmp_path, "echo FATAL no room; echo bye; exit 1"), answers=lambda: False))
    assert str(tmp_path) in caught.value.remedy


def test_files_are_private_and_written_before_the_preparation(tmp_path: Path) -> None:
    seen: list[str] = []
    path = tmp_path / "secret"
    service = replace(
        service_in(tmp_path), files={"secret": "s"}, prepare=lambda: seen.append(path.read_text()), env={"PATH": "/bin"}
    )
    daemon.ensure(service)
    daemon.halt(tmp_path)
    assert seen == ["s"]
    assert path.stat().st_mode & 0o777 == 0o600
