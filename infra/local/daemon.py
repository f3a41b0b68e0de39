"""One long-running service: brought to the wanted state, whatever state it was left in.

A note beside its data says what was started, by which recipe, as which process. It is written before the
start and completed after it, so that a starter that dies in between leaves nothing that cannot be found.
"""

import hashlib
import json
import signal
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.local import process
from infra.local.memory import write_private
from infra.local.process import Identity
from schemas.errors import Unavailable

NOTE = "pid.json"
ANSWER_WITHIN = 90.0
"""Seconds a start may take; a loaded machine needs more than the 5 s of an idle one."""
SILENCE = 20.0
"""Seconds a running service may stay silent before it is started anew."""
TERM_PATIENCE = 20.0


@dataclass(frozen=True)
class Service:
    """What is wanted: a program with its files and environment, and how to ask whether it serves."""

    name: str
    home: Path
    command: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    prepare: Callable[[], None]
    answers: Callable[[], bool]

    @property
    def recipe(self) -> str:
        """Changes whenever a running process would have to be started anew to be as wanted."""
        parts = (self.command, sorted(self.env.items()), sorted(self.files.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @property
    def log(self) -> Path:
        """Where its output is kept, over all starts."""
        return log_of(self.home)


@dataclass(frozen=True)
class Note:
    """What was started. ``identity`` is None if the starter died before it could tell."""

    command: tuple[str, ...]
    recipe: str
    identity: Identity | None = None


def log_of(home: Path) -> Path:
    """The log of the service that lives in ``home``."""
    return home / f"{home.name}.log"


def running(home: Path) -> tuple[Identity, str] | None:
    """The live process that was started for ``home``, with its recipe; None if there is none."""
    note = _read(home / NOTE)
    if note is None:
        return None
    identity = note.identity or process.find(note.command)
    return (identity, note.recipe) if identity and process.alive(identity) else None


def ensure(service: Service) -> None:
    """Return when the service runs as wanted and answers; raises Unavailable with the log's place."""
    found = running(service.home)
    if found and found[1] == service.recipe and _settled(service, found[0], SILENCE):
        return
    if found:
        process.stop(found[0], TERM_PATIENCE)
    identity = _launch(service)
    if not _settled(service, identity, ANSWER_WITHIN):
        raise Unavailable(_complaint(service, process.alive(identity)), f"see {service.log}")


def halt(home: Path) -> bool:
    """Stop what was started for ``home``, and nothing else; says whether there was something to stop."""
    found = running(home)
    if found:
        process.stop(found[0], TERM_PATIENCE)
    (home / NOTE).unlink(missing_ok=True)
    return found is not None


def strike(home: Path, number: signal.Signals) -> bool:
    """Send a signal; after SIGKILL, return when the process is gone. False if nothing runs."""
    found = running(home)
    if not found:
        return False
    process.send(found[0], number)
    return number != signal.SIGKILL or process.wait(lambda: not process.alive(found[0]), TERM_PATIENCE)


def _launch(service: Service) -> Identity:
    service.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, text in service.files.items():
        write_private(service.home / name, text)
    service.prepare()
    note = Note(service.command, service.recipe)
    _write(service.home / NOTE, note)
    identity = process.spawn(service.command, service.env, service.log)
    _write(service.home / NOTE, Note(note.command, note.recipe, identity))
    return identity


def _settled(service: Service, identity: Identity, patience: float) -> bool:
    """Whether the process came to answer; a dead one is not waited for."""
    process.wait(lambda: not process.alive(identity) or service.answers(), patience)
    return process.alive(identity) and service.answers()


def _complaint(service: Service, lives: bool) -> str:
    if lives:
        return f"{service.name} does not answer after {ANSWER_WITHIN:.0f} s"
    lines = service.log.read_text(errors="replace").splitlines()[-200:] if service.log.exists() else []
    errors = [line for line in lines if any(word in line for word in ("ERROR", "FATAL", "Exception"))] or lines
    return f"{service.name} ended while it started: {''.join(errors[-1:])}"


def _write(path: Path, note: Note) -> None:
    write_private(path, json.dumps(asdict(note)) + "\n")


def _read(path: Path) -> Note | None:
    """The note; None if there is none or it is no note of ours (then nothing is known to be ours)."""
    try:
        value = json.loads(path.read_text())
        seen = value["identity"]
        identity = seen and Identity(seen["pid"], seen["started"], seen["boot"], tuple(seen["command"]))
        return Note(tuple(value["command"]), value["recipe"], identity)
    except (OSError, ValueError, KeyError, TypeError):
        return None
