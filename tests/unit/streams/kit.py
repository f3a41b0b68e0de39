"""A desk without a broker: time that is told, threads that wait to be asked, an outbox that answers as it is told."""

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from infra.folder import FolderStore
from processors.bench import Bench
from processors.stage import Stage
from schemas.errors import ChalkstreamError, ErrorInfo
from schemas.events import Event, SpeechCut
from streams.deadletters import Origin
from streams.desk import Desk
from streams.item import Place
from streams.performing import Performer
from streams.precedence import Firsts

JOB = "00000000-0000-0000-0000-000000000001"


@dataclass
class Time:
    """An event loop that only moves when it is told."""

    now: float = 100.0
    timers: list[Any] = field(default_factory=list)
    soon: list[Any] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> "Timer":
        timer = Timer(callback, args)
        heapq.heappush(self.timers, (self.now + delay, next(self.numbers), timer))
        return timer

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any) -> None:
        self.soon.append((callback, args))

    def run(self) -> None:
        while self.soon:
            callback, args = self.soon.pop(0)
            callback(*args)

    def pass_by(self, seconds: float) -> None:
        until = self.now + seconds
        while self.timers and self.timers[0][0] <= until:
            self.now, _, timer = heapq.heappop(self.timers)
            timer.run()
            self.run()
        self.now = until


@dataclass
class Timer:
    callback: Callable[..., Any]
    args: tuple[Any, ...]
    off: bool = False

    def cancel(self) -> None:
        self.off = True

    def run(self) -> None:
        if not self.off:
            self.callback(*self.args)


@dataclass
class Said:
    """An outbox: acknowledges at once, or when asked, with the errors it was given."""

    at_once: bool = True
    errors: list[ChalkstreamError | None] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    carried: list[Mapping[str, str]] = field(default_factory=list)
    letters: list[tuple[Origin, str, int, str]] = field(default_factory=list)
    waiting: list[Callable[[ChalkstreamError | None], None]] = field(default_factory=list)

    def publish(
        self, event: Event, acknowledged: Callable[[ChalkstreamError | None], None],
        carry: Callable[[], Mapping[str, str]] = dict,
    ) -> None:  # fmt: skip
        self.events.append(event)
        self.carried.append(carry())
        self._answer(acknowledged)

    def bury(
        self, origin: Origin, stage: str, attempt: int, error: ErrorInfo,
        acknowledged: Callable[[ChalkstreamError | None], None],
    ) -> None:  # fmt: skip
        self.letters.append((origin, stage, attempt, error.code))
        self._answer(acknowledged)

    def acknowledge(self) -> None:
        while self.waiting:
            self.waiting.pop(0)(None)

    def _answer(self, acknowledged: Callable[[ChalkstreamError | None], None]) -> None:
        if self.at_once:
            acknowledged(self.errors.pop(0) if self.errors else None)
        else:
            self.waiting.append(acknowledged)


@dataclass
class Room:
    """A desk and all around it. Work waits in ``jobs`` until ``work`` is called."""

    desk: Desk
    time: Time
    said: Said
    performer: Performer
    finished: list[int]
    jobs: list[tuple[Callable[..., None], tuple[Any, ...]]]

    def take(self, *events: Event, first: int = 0, topic: str = "t") -> None:
        for offset, event in enumerate(events, first):
            self.desk.take(origin(offset, topic), event)
        self.desk.dispatch()

    def work(self, most: int = 1000) -> None:
        while self.jobs and most:
            most -= 1
            work, args = self.jobs.pop(0)
            work(*args)
            self.time.run()


def room(
    stage: Stage, root: Path, *, slots: int = 1, said: Said | None = None, express: Iterable[str] = (),
    held: Callable[[Stage, Event], bool] = lambda _stage, _said: False, firsts: Firsts | None = None,
) -> Room:  # fmt: skip
    time, said, finished, jobs = Time(), said or Said(), list[int](), list[Any]()
    performer = Performer(
        stage, bench(root), lambda _stage, events, _unwanted: [(at, None) for at in range(len(events))], held
    )
    desk = Desk(
        stage, performer, said, loop=time, submit=lambda work, *args: jobs.append((work, args)), slots=slots,
        finished=lambda place: finished.append(place.offset), express=frozenset(express),
        firsts=firsts,
    )  # fmt: skip
    return Room(desk, time, said, performer, finished, jobs)


def bench(root: Path) -> Bench:
    """A bench with a store and nothing else."""
    nothing: Any = None
    return Bench(
        store=FolderStore(root), engines=nothing, decode=nothing, open_source=nothing, plan_of=nothing,
        cancelled=lambda _job, _run: False, clock=lambda: 0.0,
    )  # fmt: skip


def origin(offset: int, topic: str = "t", partition: int = 0) -> Origin:
    return Origin(topic, partition, offset, 0, b"k", b"v")


def cut(index: int, job: str = JOB) -> SpeechCut:
    """A small fact."""
    return SpeechCut(job=job, index=index, start=0.0, end=1.0)


def place(offset: int) -> Place:
    return Place("t", 0, offset)
