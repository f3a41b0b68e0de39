"""Processes: recognised for certain, stopped, and never mistaken for another with the same id."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local import process
from infra.local.process import Identity

SLEEP = (shutil.which("sleep") or "/bin/sleep", "60")
STUBBORN = (shutil.which("sh") or "/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done")


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Identity]:
    identity = process.spawn(SLEEP, {}, tmp_path / "log")
    yield identity
    process.stop(identity, 5)


def fake_proc(root: Path, pid: int, *, state: str = "S", started: int = 77, command: bytes = b"a\0b c\0") -> Path:
    (root / str(pid)).mkdir(parents=True)
    (root / str(pid) / "stat").write_text(f"{pid} (odd) name) {state} " + "0 " * 18 + f"{started} 0 0")
    (root / str(pid) / "cmdline").write_bytes(command)
    (root / "sys/kernel/random").mkdir(parents=True, exist_ok=True)
    (root / "sys/kernel/random/boot_id").write_text("b00t\n")
    return root


def test_an_identity_is_read_past_odd_names(tmp_path: Path) -> None:
    assert process.identify(5, fake_proc(tmp_path, 5)) == Identity(5, 77, "b00t", ("a", "b c"))


@pytest.mark.parametrize("state", ["Z", "X"])
def test_remains_of_a_process_are_no_process(tmp_path: Path, state: str) -> None:
    assert process.identify(5, fake_proc(tmp_path, 5, state=state)) is None


def test_no_process_has_no_identity(tmp_path: Path) -> None:
    assert process.identify(6, fake_proc(tmp_path, 5)) is None


def test_a_process_is_found_by_its_whole_command_only(tmp_path: Path) -> None:
    fake_proc(tmp_path, 5)
    found = process.find(["a", "b c"], tmp_path)
    assert found is not None
    assert found.pid == 5
    assert process.find(["a"], tmp_path) is None
    assert process.find(["a", "b c", "d"], tmp_path) is None


def test_a_started_process_is_known_and_detached(sleeper: Identity) -> None:
    assert sleeper.command == SLEEP
    assert process.alive(sleeper)
    assert os.getsid(sleeper.pid) == sleeper.pid
    assert process.find(SLEEP) is not None


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another"}, {"command": ("vim",)}])
def test_the_same_id_alone_is_not_the_same_process(sleeper: Identity, change: dict[str, object]) -> None:
    other = replace(sleeper, **change)  # type: ignore[arg-type]
    assert not process.alive(other)
    process.send(other, signal.SIGKILL)
    process.stop(other, 0)
    assert process.alive(sleeper)


def test_stop_ends_it_and_says_nothing_of_the_dead(sleeper: Identity) -> None:
    process.stop(sleeper, 5)
    assert not process.alive(sleeper)
    process.stop(sleeper, 5)


def test_stop_wakes_a_stopped_process(sleeper: Identity) -> None:
    process.send(sleeper, signal.SIGSTOP)
    process.stop(sleeper, 5)
    assert not process.alive(sleeper)


def test_one_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    identity = process.spawn(STUBBORN, {}, log)
    assert process.wait(lambda: log.read_text() == "deaf\n", 5)
    process.stop(identity, 0.2)
    assert not process.alive(identity)


def test_both_outputs_are_appended_to_a_private_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for word in ("one", "two"):
        identity = process.spawn(("/bin/sh", "-c", f"echo {word} >&2"), {}, log)
        assert process.wait(lambda seen=identity: not process.alive(seen), 5)  # type: ignore[misc]
    assert log.read_text() == "one\ntwo\n"
    assert log.stat().st_mode & 0o777 == 0o600


def test_waiting_looks_at_least_once() -> None:
    assert process.wait(lambda: True, 0)
    assert not process.wait(lambda: False, 0)
