"""Processes that outlive us: started detached, recognised again for certain, stopped gently, then surely.

A process id alone proves nothing, because ids are used again: a process is ours only if boot, start time
and command line in /proc are those that were written down. Nothing here signals a process before that check.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICK = 0.05
"""Seconds between two looks at something that is awaited."""
SHOWN_WITHIN = 5.0


@dataclass(frozen=True)
class Identity:
    """One process, once and for all. ``started`` counts clock ticks since that boot."""

    pid: int
    started: int
    boot: str
    command: tuple[str, ...]


def parse_stat(text: str) -> tuple[str, int]:
    """State letter and start time from /proc/PID/stat; the name in brackets may hold spaces and brackets."""
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[19])


def identify(pid: int, proc: Path = PROC) -> Identity | None:
    """The process that has this id now; None if there is none, or only its remains (a zombie)."""
    try:
        state, started = parse_stat((proc / str(pid) / "stat").read_text())
        command = (proc / str(pid) / "cmdline").read_bytes().decode(errors="replace")
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if state in "ZX" else Identity(pid, started, boot, tuple(command.split("\0")[:-1]))


def find(command: Sequence[str], proc: Path = PROC) -> Identity | None:
    """A live process of this user with exactly this command line: one whose starter died before noting it."""
    for entry in proc.iterdir():
        if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
            identity = identify(int(entry.name), proc)
            if identity and identity.command == tuple(command):
                return identity
    return None


def alive(identity: Identity) -> bool:
    """Whether exactly that process still lives; reaps it when it was our child and is dead."""
    with suppress(ChildProcessError):
        os.waitpid(identity.pid, os.WNOHANG)
    return identify(identity.pid) == identity


def spawn(command: Sequence[str], env: Mapping[str, str], log: Path) -> Identity:
    """Start ``command`` (absolute program path) in a session of its own, both outputs appended to ``log``.

    The kernel lets us go on before the new program's command line can be read, so that is awaited.
    """
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        command[0],
        list(command),
        dict(env),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM],
    )
    wait(lambda: (seen := identify(pid)) is None or seen.command == tuple(command), SHOWN_WITHIN)
    return identify(pid) or Identity(pid, 0, "", tuple(command))


def wait(condition: Callable[[], bool], patience: float) -> bool:
    """Whether ``condition`` came true within ``patience`` seconds; it is looked at at least once."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() >= end:
            return False
        time.sleep(TICK)
    return True


def send(identity: Identity, number: signal.Signals) -> None:
    """Signal that process, and no other that may have got its id."""
    if alive(identity):
        with suppress(ProcessLookupError):
            os.kill(identity.pid, number)


def stop(identity: Identity, patience: float) -> None:
    """SIGTERM, ``patience`` seconds, SIGKILL; a stopped process is woken, or it would not hear the first."""
    send(identity, signal.SIGTERM)
    send(identity, signal.SIGCONT)
    if not wait(lambda: not alive(identity), patience):
        send(identity, signal.SIGKILL)
        wait(lambda: not alive(identity), patience)
