"""A worker as ``chalkstream worker`` is one, with a diary: what is begun and ended, and every call of a model.

Lines, one write each, in ``FOLDER/<pid>.log``: ``+ STAGE ID`` begun, ``- STAGE ID`` ended, ``call KIND`` of a model,
``again KIND`` where the result of a call was thrown away because another's stood there, ``alone STAGE`` of an item that
ran in a child of its own (which notes the calls it makes, if any). A kill leaves ``+`` open.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.settings import read
from processors.bench import Bench
from processors.stage import Stage
from streams import bootstrap_cluster
from streams.isolated import launcher
from streams.worker import work

SESSION_SECONDS = 12.0
DIARIES = "CHAOS_DIARIES"
"""Where the child that runs a suspect alone keeps its diary."""
Note = Callable[[str], None]


class Diary:
    """Appends lines that survive the writer."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / f"{os.getpid()}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, line: str) -> None:
        """One line, one write."""
        os.write(self._file, f"{line}\n".encode())


class Heard:
    """A recogniser that notes its calls."""

    def __init__(self, real: Any, note: Note) -> None:
        self._real, self._note = real, note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def recognise(self, *given: Any) -> Any:
        """One chunk."""
        self._note("call recognise")
        return self._real.recognise(*given)

    def languages_of(self, *given: Any) -> Any:
        """One window."""
        self._note("call language")
        return self._real.languages_of(*given)


class Engines:
    """The real engines, the recogniser noting."""

    def __init__(self, real: Any, note: Note) -> None:
        self._real, self._note = real, note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def recogniser(self) -> Heard:
        """The speech model."""
        return Heard(self._real.recogniser(), self._note)


class Kept:
    """The real store; a translated block that is put is one that was computed."""

    def __init__(self, real: Any, note: Note) -> None:
        self._real, self._note = real, note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        """Put if absent."""
        first: bool = self._real.create(bucket, key, data)
        kind = next((name for name in ("translate", "transcribe", "identify") if f"/{name}/" in key), None)
        if kind and key.endswith(".json") and not key.endswith("language.json") and not key.startswith("attempts/"):
            if kind == "translate":
                self._note("call translate")
            self._note(f"{'made' if first else 'again'} {kind}")
        return first


@contextmanager
def in_hand(note: Note, stage: Stage, events: Sequence[Any]) -> Iterator[None]:
    """Begun, and ended however they end; only a death leaves them open."""
    for event in events:
        note(f"+ {stage.name} {event.id}")
    try:
        yield
    finally:
        for event in events:
            note(f"- {stage.name} {event.id}")


def noted(stage: Stage, note: Note) -> Stage:
    """The stage, noting what it begins and ends."""

    def one(event: Any, bench: Bench) -> Iterator[Any]:
        with in_hand(note, stage, [event]):
            yield from stage.run(event, bench)

    def many(events: Any, bench: Bench) -> Iterator[Any]:
        with in_hand(note, stage, events):
            yield from stage.run(events, bench)

    return replace(stage, run=many if stage.batch else one)


def with_diary(bench: Bench, note: Note) -> Bench:
    """The bench, its engines and store noting."""
    return replace(bench, engines=Engines(bench.engines, note), store=Kept(bench.store, note))


async def run(folder: Path, instance: str, joined: Path) -> None:
    """Work until told to stop; leave the file ``joined`` when all groups are."""
    note = Diary(folder).note
    settings = read(os.environ)
    setup = await bootstrap_cluster.setup_worker(settings, (), instance)
    stages = [stage if stage.name == "jobs" else noted(stage, note) for stage in setup.stages]

    os.environ[DIARIES] = str(folder)
    isolate = launcher("cluster", settings, (sys.executable, "-m", "bench.chaos.alone"))

    def alone(stage: Stage, events: Any, unwanted: Any) -> Iterator[Any]:
        """In hand like any other; what they call, their child notes."""
        with in_hand(note, stage, events):
            note(f"alone {stage.name}")
            yield from isolate(stage, events, unwanted)

    noting = replace(
        setup, stages=stages, bench=lambda control: with_diary(setup.bench(control), note), isolate=alone,
        session=SESSION_SECONDS,
    )  # fmt: skip
    await work(noting, joined.touch)


def begin(folder: Path, instance: str, joined: Path, environment: dict[str, str]) -> None:
    """A worker process: its own session, environment and file for what it complains of."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    complaints = os.open(folder / f"{instance}.err", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(complaints, 2)
    asyncio.run(run(folder / "diaries", instance, joined))
    os._exit(0)
