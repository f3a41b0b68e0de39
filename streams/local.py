"""The local runner: every stage on threads of one process, the journal as its broker, a folder as its store.

An item is begun, its outputs are written to the journal as they come, and with the last of them it is done: a
process killed in between begins again with what is in the journal. Queues live in the journal, so memory does not
grow with the length of a lecture; decoding waits when recognition falls behind.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from processors.bench import Bench
from processors.stage import Answer, Stage
from schemas.base import SAMPLE_RATE
from schemas.errors import Cancelled, ChalkstreamError, Unavailable
from schemas.events import Event, JobControl, JobEnded, PartDecoded, SpeechFound
from schemas.tracing import Received
from streams.evidence import behind
from streams.execute import Isolate, as_ours, execute, unwanted
from streams.journal import Item, Journal
from streams.probe import UNSEEN, Probe
from streams.retry import decide
from streams.work import Carry, Watch, Work, watched

SUSPECT = 2
"""Unfinished attempts after which an item of a stage that can crash runs alone in a child process."""
PATIENCE = 3
"""Waits for a disk or file to come back before a local run stops and says so."""
IDLE_SECONDS = 1.0
NICENESS = 5
"""Between recognition (0) and the decoder's child (10): nobody waits for speech that is found long before its turn."""


@dataclass
class LocalRunner:
    """Runs stages until the jobs it is asked for have ended. ``workers``: threads per stage, one if not named.

    ``yielding``: stages whose threads take what the others leave of the processor.
    """

    stages: Sequence[Stage]
    bench: Bench
    journal: Journal
    isolate: Isolate
    workers: Mapping[str, int] = field(default_factory=dict)
    yielding: frozenset[str] = frozenset()
    ahead_seconds: float = 7200.0
    heard: Callable[[Event], None] = lambda _: None
    probe: Probe = UNSEEN
    stopping: threading.Event = field(default_factory=threading.Event)
    _failure: Exception | None = None
    _over: dict[str, int] = field(default_factory=dict)

    def run(self, jobs: Sequence[str], *, tick: Callable[[], None] = lambda: None) -> None:
        """Block until every job has ended; ``tick`` is called a few times a second. Raises what stopped it early."""
        self._run(lambda: self._ended(jobs), tick)

    def serve(self) -> None:
        """Block until ``stopping`` is set; jobs come and go. Raises what stopped it early."""
        self._run(self.stopping.is_set, lambda: None)

    def _run(self, done: Callable[[], bool], tick: Callable[[], None]) -> None:
        self.journal.recover()
        threads = [
            threading.Thread(target=self._worker, args=(stage,), name=stage.name, daemon=True)
            for stage in self.stages
            for _ in range(self.workers.get(stage.name, 1))
        ]
        for thread in threads:
            thread.start()
        try:
            while not done() and self._failure is None:
                with self.journal.changed:
                    self.journal.changed.wait(0.2)
                tick()
        finally:
            self.stop(threads)
        if self._failure is not None:
            raise self._failure

    def stops(self, job: str, run: int) -> bool:
        """Whether work for this run is to be left: the runner stops, or the run has come to its end."""
        return self.stopping.is_set() or run <= self._over.get(job, -1)

    def control(self, event: JobControl) -> None:
        """Somebody asked for a stop: of a run and those before it, or of the job for ever."""
        self._end(event.job, event.last_run)
        self._publish([event])

    def _end(self, job: str, run: int) -> None:
        self._over[job] = max(run, self._over.get(job, -1))
        self.journal.discard(job, run)

    def stop(self, threads: Sequence[threading.Thread], grace: float = 5.0) -> None:
        """Take no more work; wait a little for what is in hand. What does not end in time is done again next time."""
        self.stopping.set()
        with self.journal.changed:
            self.journal.changed.notify_all()
        until = time.monotonic() + grace
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _ended(self, jobs: Sequence[str]) -> bool:
        return all((status := self.journal.status(job)) is not None and status.ended for job in jobs)

    def _worker(self, stage: Stage) -> None:
        size = stage.batch.size if stage.batch else 1
        if stage.name in self.yielding:
            yield_processor()
        try:
            while not self.stopping.is_set():
                generation = self.journal.generation
                items = self.journal.take(stage.name, size, now=time.time(), ordered=stage.ordered)
                if items:
                    self._work(stage, items)
                else:
                    self._wait(stage, generation)
        except BrokenPipeError as error:  # of who is told: nobody listens any more
            self._fail(error)
        except Exception as error:
            self._fail(as_ours(error))

    def _wait(self, stage: Stage, generation: int) -> None:
        due = self.journal.next_due(stage.name)
        seconds = IDLE_SECONDS if due is None else min(IDLE_SECONDS, max(0.0, due - time.time()))
        with self.journal.changed:
            self.journal.changed.wait_for(
                lambda: self.journal.generation != generation or self.stopping.is_set(), timeout=seconds
            )

    def _work(self, stage: Stage, items: list[Item]) -> None:
        works = [self._watched(stage, item) for item in items]
        for position, answer in watched(works, self._answers(stage, items), together=stage.batch is not None):
            item, work = items[position], works[position]
            if isinstance(answer, Event):
                self._say(work, answer)
                self._hold(stage)
            elif answer is None:
                self.journal.publish([], now=time.time(), done=(stage.name, item.seq))
                work.over()
            else:
                self._failed(stage, item, answer, work)

    def _watched(self, stage: Stage, item: Item) -> Work:
        place = Received(item.event.on, 0, item.seq, item.since, item.traceparent, system="chalkstream")
        watch = Watch(self.probe, self.bench.plan_of, partial(behind, self.bench))
        return watch.item(stage.name, item.event, place, item.attempts)

    def _say(self, work: Work, event: Event) -> None:
        said = work.says(event)
        self._publish([event], carry=said.headers)
        said.acknowledged(None)

    def _answers(self, stage: Stage, items: list[Item]) -> Iterator[Answer]:
        suspects = [at for at, item in enumerate(items) if stage.can_crash and item.attempts >= SUSPECT]
        fine = [at for at in range(len(items)) if at not in suspects]
        if fine:
            answers = execute(stage, [items[at].event for at in fine], self.bench)
            yield from ((fine[at], answer) for at, answer in answers)
        if suspects:
            tried = [items[at].event for at in suspects]
            isolated = self.isolate(stage, tried, lambda: unwanted(stage, tried, self.bench))
            yield from ((suspects[at], answer) for at, answer in isolated)

    def _publish(self, events: Sequence[Event], done: tuple[str, int] | None = None, carry: Carry = dict) -> None:
        for event in self.journal.publish(events, now=time.time(), done=done, carry=carry):
            if isinstance(event, JobEnded):
                self._end(event.job, event.run)
            self.heard(event)

    def _failed(self, stage: Stage, item: Item, error: ChalkstreamError, work: Work) -> None:
        now = time.time()
        if isinstance(error, Cancelled) and self.stopping.is_set():
            self._put_back(stage, item, error)
            work.over(error)
        elif isinstance(error, Unavailable) and item.waits >= PATIENCE:
            self._put_back(stage, item, error)
            work.over(error)
            self._fail(error)
        else:
            decision = decide(error, attempts=item.attempts + 1, waits=item.waits, age=now - item.since)
            if decision.action == "again":
                self._put_back(stage, item, error, now + decision.delay)
                work.again(error, decision.delay)
            else:
                work.gave_up(error)
                for event in stage.given_up(item.event, error.info, self.bench):
                    self._say(work, event)
                self.journal.publish([], now=time.time(), done=(stage.name, item.seq), outcome=error.code)
                work.over()

    def _put_back(self, stage: Stage, item: Item, error: ChalkstreamError, later: float = 0.0) -> None:
        waited = isinstance(error, Unavailable | Cancelled)
        self.journal.put_back(
            stage.name, item.seq, now=time.time(), not_before=later, waited=waited, outcome=error.code
        )  # fmt: skip

    def _hold(self, stage: Stage) -> None:
        """Back-pressure: a stage that runs ahead waits while too much audio is before the one that holds it."""
        while stage.held_by and not self.stopping.is_set() and self._waiting_audio(stage.held_by) > self.ahead_seconds:
            with self.journal.changed:
                self.journal.changed.wait(IDLE_SECONDS)

    def _waiting_audio(self, stage: str) -> float:
        queued = [*self.journal.queued(stage), *self.journal.queued("chunk")]
        return sum(_audio_seconds(event) for event in queued)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        with self.journal.changed:
            self.journal.changed.notify_all()


def yield_processor() -> None:
    """From here on this thread waits for others that want to run. Linux counts threads apart; elsewhere nothing."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _audio_seconds(event: Event) -> float:
    if isinstance(event, SpeechFound):
        return event.end - event.start
    return (event.end - event.start) / SAMPLE_RATE if isinstance(event, PartDecoded) else 0.0
