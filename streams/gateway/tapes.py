"""What was said about one job, from its run's beginning and then live: one tape per job, however many listen.

A tape listens first and reads the past then, so that nothing falls in between; an entry heard twice is one, and what is
heard meanwhile comes behind the past, for whoever has heard a place counts as having heard all before it. At the job's
end the past is read once more: what travels on other topics may be behind.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from schemas.errors import Unavailable
from schemas.events import JobChanged
from schemas.jobs import JobStatus
from streams.gateway.backend import Backend, Entry

READERS: Final = 8
"""Pasts that are read at the same time."""


@dataclass
class Tape:
    """``entries`` in order of arrival; ``over`` when nothing more will come."""

    status: JobStatus
    entries: list[Entry] = field(default_factory=list)
    over: bool = False
    listeners: int = 0
    failed: Unavailable | None = None
    _known: set[tuple[str, int]] = field(default_factory=set)
    _early: list[Entry] | None = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def run(self) -> int:
        """Of the job."""
        return self.status.run

    def hear(self, entries: Sequence[Entry]) -> None:
        """More of it, in any order, any part of it again."""
        for entry in entries:
            if entry.event.run != self.run or entry[:2] in self._known:
                continue
            if entry.lane:
                self._known.add((entry.lane, entry.place))
            if isinstance(entry.event, JobChanged):
                if entry.event.updated < self.status.updated:
                    continue
                self.status = entry.event.status
            self.entries.append(entry)
        self.wake()

    def live(self, entries: Sequence[Entry]) -> None:
        """What is said now; it waits until the past is known."""
        if self._early is None:
            self.hear(entries)
        else:
            self._early += entries

    def catch_up(self) -> None:
        """The past is known: what was said meanwhile, then whatever comes."""
        early, self._early = self._early or [], None
        self.hear(early)

    def wake(self) -> None:
        """Everybody looks."""
        self._news.set()
        self._news = asyncio.Event()

    async def more(self, seconds: float) -> bool:
        """Wait for news, so long at most."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        return True


@dataclass
class Tapes:
    """Of one gateway."""

    backend: Backend
    _tapes: dict[tuple[str, int], Tape] = field(default_factory=dict)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    _readers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READERS))

    @asynccontextmanager
    async def open(self, status: JobStatus) -> AsyncIterator[Tape]:
        """The tape of a job's run; shared, and gone with its last listener."""
        name = (status.job, status.run)
        tape = self._tapes.get(name)
        if tape is None:
            tape = self._tapes[name] = Tape(status)
            task = asyncio.create_task(self._roll(tape))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.set_name(f"tape {status.job}")
        tape.listeners += 1
        try:
            yield tape
        finally:
            tape.listeners -= 1
            if not tape.listeners and self._tapes.get(name) is tape:
                del self._tapes[name]
                tape.wake()

    async def _roll(self, tape: Tape) -> None:
        had_ended = tape.status.ended
        with self.backend.listen(tape.status.job, tape.live):
            try:
                await self._past(tape)
                tape.catch_up()
                while not tape.status.ended and tape.listeners:
                    await tape.more(60.0)
                if tape.listeners and not had_ended:
                    await self._past(tape)
            except Unavailable as error:
                tape.failed = error
        tape.over = True
        self._tapes.pop((tape.status.job, tape.run), None)
        tape.wake()

    async def _past(self, tape: Tape) -> None:
        async with self._readers:
            tape.hear(await self.backend.past(tape.status))
