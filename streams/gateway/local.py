"""The gateway on this machine alone: the local runner in this process, its journal, a folder. Implements ``Backend``.

The runner ends when its disk is away; it is started anew until it stays. Jobs of ``chalkstream run`` with the same
store are here too, but their media are people's own files, which are never removed.
"""

import asyncio
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra import files
from infra.pieces import FolderPieces, Pieces
from infra.settings import Settings
from processors import chat, illustrate
from processors.accept import wishes
from processors.bench import Bench
from processors.planning import Facts, Intake, make_plan
from schemas.chat import ChatRequested
from schemas.errors import ChalkstreamError, NotFound, Unavailable
from schemas.events import Event, JobControl, StoredObject, VideoAccepted
from schemas.exchanges import Exchange, Requested
from schemas.images import ImageRequested
from schemas.jobs import JobStatus
from schemas.plan import Options, Plan, Source
from streams import bootstrap
from streams.commands.run import start
from streams.commands.submit import safe_name
from streams.execute import execute
from streams.gateway.asking import Inquiries
from streams.gateway.backend import Entry, Heard
from streams.gateway.board import Board
from streams.gateway.listening import Listeners
from streams.jobs import begin, changed
from streams.local import LocalRunner
from streams.probe import UNSEEN, Probe
from streams.warming import warm

LANE: Final = "f"
TALKS: Final = 8
STAGES: Final = {ChatRequested: chat.STAGE, ImageRequested: illustrate.STAGE}
log = logging.getLogger(__name__)


class Local:
    """One per state folder, which is locked by whoever starts it."""

    def __init__(self, settings: Settings, probe: Probe = UNSEEN) -> None:
        self.board, self._pieces = Board(), FolderPieces(settings.state / "gateway")
        self.pieces: Pieces = self._pieces
        self.ended: Callable[[JobStatus], None] = lambda _: None
        self._settings, self._probe = settings, probe
        self._runner = self._made()
        self.bench: Bench = replace(self._runner.bench, intake=_intake(settings))
        self._wrong: dict[str, str] = {}
        self._inquiries = Inquiries(self._send)
        self._left: set[str] = set()
        self._listeners = Listeners()
        self._places: dict[str, int] = {}
        self._news: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._talks = ThreadPoolExecutor(TALKS, "talk")
        self._stopping = threading.Event()

    async def start(self) -> None:
        """Read the journal and begin to work."""
        self._loop = asyncio.get_running_loop()
        for status in await asyncio.to_thread(self._runner.journal.statuses):
            self.board.take(status)
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._tell())]
        engines = self.bench.engines
        warm((engines.voice, engines.recogniser, engines.translator), _not_loaded)

    async def stop(self) -> None:
        """Stop where it is; the next start goes on."""
        self._stopping.set()
        self._runner.stopping.set()
        self._talks.shutdown(wait=False, cancel_futures=True)
        self._tasks[1].cancel()
        await asyncio.wait(self._tasks, timeout=10)

    def wrong(self) -> dict[str, str]:
        """Why the runner stands."""
        return dict(self._wrong)

    def key(self, tenant: str, name: str) -> str:
        """``<tenant>/<random>/<name made plain>``."""
        return "/".join([tenant, uuid.uuid4().hex, safe_name(name)])

    async def begin(self, stored: StoredObject, job: str, tenant: str) -> None:
        """Plan it and start; what can't be planned raises BadInput, and has been refused before it was sent."""
        source = Source(**stored.model_dump(exclude={"metadata"}))
        await asyncio.to_thread(self._begin, source, wishes(stored.metadata), tenant)
        await self._look(job)

    def _begin(self, source: Source, asked: Options, tenant: str) -> None:
        intake = self.bench.intake
        if intake is None:
            raise Unavailable("this pack has no speech model", "use another with --models")
        intake.allow(source)
        plan = make_plan(
            source, asked, intake.abilities, tenant=tenant, defaults=intake.defaults(tenant), now=intake.now()
        )
        start(plan, self._runner)

    async def say(self, events: Sequence[Event], plan: Plan | None = None) -> None:
        """Into the journal."""
        for event in events:
            await asyncio.to_thread(self._say, event)
            await self._look(event.job)

    def _say(self, event: Event) -> None:
        if isinstance(event, JobControl):
            self._runner.control(event)
        elif isinstance(event, VideoAccepted):
            self._runner.journal.begin(begin(self.bench.plan_of(event)))
            self._runner.journal.publish([event], now=datetime.now(UTC).timestamp())

    async def past(self, status: JobStatus) -> list[Entry]:
        """From the journal."""
        said = await asyncio.to_thread(self._runner.journal.said, status.job, status.run, -1)
        return [Entry(LANE, place, event) for place, event in said]

    @contextmanager
    def listen(self, job: str, heard: Heard) -> Iterator[None]:
        """By what the runner says."""
        try:
            with self._listeners.listen(job, heard):
                yield
        finally:
            if job not in self._listeners:
                self._places.pop(job, None)

    def ask(self, request: Requested, last: type[Exchange]) -> AsyncIterator[Exchange]:
        """On a thread of this process."""
        return self._inquiries.ask(request, last)

    async def erase(self, status: JobStatus, source: Source | None) -> None:
        """Its rows, and the file if it came by way of this gateway."""
        await asyncio.to_thread(self._runner.journal.erase, status.job)
        if source is not None:
            await asyncio.to_thread(self._pieces.remove, Path(source.key))

    # -- the runner --------------------------------------------------------------------------------------------------

    def _made(self) -> LocalRunner:
        return bootstrap.local_runner(self._settings, self._heard, self._probe)

    async def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                await asyncio.to_thread(self._runner.serve)
            except ChalkstreamError as error:
                self._wrong = {"runner": error.message}
                log.warning("the runner stopped: %s", error.code)
                await asyncio.sleep(3.0)
                await asyncio.to_thread(self._renew)
            self._wrong = {}

    def _renew(self) -> None:
        self._runner.journal.close()
        self._runner = self._made()
        self.bench = replace(self._runner.bench, intake=self.bench.intake)

    def _heard(self, event: Event) -> None:
        """On a thread of the runner."""
        if not self._stopping.is_set():
            self._loop.call_soon_threadsafe(self._news.put_nowait, event.job)

    async def _tell(self) -> None:
        """What is new in the journal, to the table and to listeners; a burst is looked at once."""
        while True:
            jobs = {await self._news.get()}
            while not self._news.empty():
                jobs.add(self._news.get_nowait())
            for job in jobs:
                await self._look(job)

    async def _look(self, job: str) -> None:
        status = await asyncio.to_thread(self._runner.journal.status, job)
        if status is None:
            return
        if job in self._listeners:
            said = await asyncio.to_thread(
                self._runner.journal.said, job, status.run, self._places.get(job, -1)
            )  # fmt: skip
            entries = [Entry(LANE, place, event) for place, event in said]
            self._places[job] = entries[-1].place if entries else self._places.get(job, -1)
            self._listeners.tell(job, [*entries, Entry("", len(entries), changed(status))])
        if self.board.take(status) and status.ended:
            self.ended(status)

    # -- requests ----------------------------------------------------------------------------------------------------

    async def _send(self, request: Requested | JobControl) -> None:
        if isinstance(request, JobControl):
            self._left.add(request.job)
            return
        self._talks.submit(self._answer, request)

    def _answer(self, request: Requested) -> None:
        """On a thread."""
        bench = replace(self.bench, cancelled=lambda job, _run: job in self._left or self._stopping.is_set())
        for _, said in execute(STAGES[type(request)], [request], bench):
            if isinstance(said, Exchange):
                self._loop.call_soon_threadsafe(self._inquiries.hear, said)
            elif isinstance(said, ChalkstreamError):
                self._loop.call_soon_threadsafe(self._inquiries.fail, request, said)
        self._left.discard(request.request)


def _not_loaded(error: ChalkstreamError) -> None:
    log.warning("a model can't be loaded: %s", error.code)


def _intake(settings: Settings) -> Intake | None:
    installed = bootstrap.find_pack(settings)
    if installed.pack.asr is None:
        return None

    def head(_bucket: str, _key: str, _version: str | None) -> Facts:
        raise NotFound("there is no store to ask")

    return Intake(
        bootstrap.abilities(installed), settings.tenants, head, lambda: datetime.now(UTC),
        max_bytes=int(settings.limits.max_gib * (1 << 30)), bucket=files.BUCKET,
    )  # fmt: skip
