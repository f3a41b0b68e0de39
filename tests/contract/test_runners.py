"""One suite for both runners: small stages whose crashes are values in their input, on the journal and on Kafka."""

import asyncio
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import pytest

from bench.delivery import rig
from infra.folder import FolderStore
from infra.local.endpoints import Endpoints
from processors.bench import Bench
from processors.stage import Answer, Batch, Stage
from schemas.errors import BadInput, Broken, ErrorInfo, Unavailable
from schemas.events import Event, JobEnded
from schemas.jobs import JobStatus
from streams import graph
from streams.jobs import fold
from streams.journal import Journal
from streams.local import LocalRunner


class Task(Event):
    """Do something. ``note``: ``crash``, ``refuse``, ``away`` (once), or nothing."""

    topic, fact, slot = "contract.tasks", "contract-task", ("index",)
    index: int
    note: str = ""


class Tasked(Event):
    """There are so many tasks."""

    topic, fact = "contract.tasks", "contract-tasked"
    count: int


class Result(Event):
    """A task was done, or given up on."""

    topic, fact, slot = "contract.results", "contract-result", ("index",)
    index: int
    lost: str | None = None


@dataclass
class Chain:
    """``do`` makes results of tasks, ``collect`` joins them with the count; what was seen is noted."""

    seen: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    away: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def do(self, event: Task, bench: Bench) -> Iterator[Event]:
        """As the note says."""
        with self.lock:
            self.seen[event.job].append(event.index)
        if (error := self.fails(event)) is not None:
            raise error
        bench.store.create("work", f"{event.job}/{event.index}", b"done")
        yield Result(job=event.job, index=event.index)

    def do_many(self, events: Sequence[Task], bench: Bench) -> Iterator[Answer]:
        """The same for a batch; a refusal ends its item alone, a crash takes the call with it."""
        for position, event in enumerate(events):
            if event.note == "refuse":
                yield position, BadInput("truncated", "as the note says")
                continue
            yield from ((position, said) for said in self.do(event, bench))
            yield position, None

    def fails(self, event: Task) -> BaseException | None:
        """The crash that stands in the input."""
        if event.note == "away" and event.id not in self.away:
            self.away.add(event.id)
            return Unavailable("as the note says")
        return {"crash": ValueError("x"), "refuse": BadInput("truncated", "x"), "break": Broken("internal", "x")}.get(
            event.note
        )

    def given_up(self, event: Task, error: ErrorInfo, bench: Bench) -> Iterable[Event]:
        """A mark for the join."""
        bench.store.create("work", f"{event.job}/{event.index}", b"lost")
        return [Result(job=event.job, index=event.index, lost=error.code)]

    def collect(self, event: Result | Tasked, bench: Bench) -> Iterator[Event]:
        """The end of the job, when all is there; compared with the store on each input."""
        if isinstance(event, Tasked):
            bench.store.create("work", f"{event.job}/count", b"%d" % event.count)
        if not bench.store.exists("work", f"{event.job}/count"):
            return
        count = int(bench.store.get("work", f"{event.job}/count"))
        there = {index: f"{event.job}/{index}" for index in range(count)}
        if all(bench.store.exists("work", key) for key in there.values()):
            lost = any(bench.store.get("work", key) == b"lost" for key in there.values())
            yield JobEnded(job=event.job, state="partial" if lost else "done")

    def stages(self, **facts: Any) -> list[Stage]:
        """Both, the first one as the test wants it."""
        run = self.do_many if facts.get("batch") else self.do
        name = f"do{uuid.uuid4().hex[:8]}"
        first = {"name": name, "takes": (Task,), "gives": (Result,), "run": run, "given_up": self.given_up}
        return [
            Stage(**{**first, **facts}),  # type: ignore[arg-type]
            Stage(name=f"collect{name}", takes=(Result, Tasked), gives=(JobEnded,), run=self.collect),
        ]


class Runner(Protocol):
    """Runs stages on these facts until these jobs have ended; what was said about them."""

    def __call__(self, stages: list[Stage], facts: list[Event], jobs: list[str]) -> list[Event]: ...


def bench(root: Path) -> Bench:
    return rig.nothing_bench(FolderStore(root))


def on_journal(root: Path) -> Runner:
    def run(stages: list[Stage], facts: list[Event], jobs: list[str]) -> list[Event]:
        journal = Journal(root / "journal.sqlite", graph.takers(stages), lambda status, fact: fold(status, fact, "t"))
        for job in jobs:
            journal.begin(JobStatus(job=job))
        journal.publish(facts, now=time.time())
        runner = LocalRunner(
            stages, bench(root), journal, lambda _stage, _event: iter([(0, None)]),
            workers={stages[0].name: 1 if stages[0].ordered else 3},
        )  # fmt: skip
        runner.run(jobs)
        said = [fact for job in jobs for fact in journal.facts(job, 0)]
        journal.close()
        return said

    return run


@lru_cache
def court() -> rig.Court:
    made: Any = rig.court("contract")
    return made  # type: ignore[no-any-return]


class _Topics:
    """Where the facts of this suite go."""

    topics = (Task.topic, Result.topic, JobEnded.topic)

    def partitions(self) -> dict[str, int]:
        return dict.fromkeys(self.topics, rig.PARTITIONS)


def on_kafka(root: Path, bootstrap: str) -> Runner:
    def run(stages: list[Stage], facts: list[Event], jobs: list[str]) -> list[Event]:
        return asyncio.run(asyncio.wait_for(_play(root, bootstrap, stages, facts, jobs), 60))

    return run


async def _play(
    root: Path, bootstrap: str, stages: list[Stage], facts: list[Event], jobs: list[str]
) -> list[Event]:  # fmt: skip
    where: Any = _Topics()
    await rig.make_topics(bootstrap, *where.topics)
    thrown: Any = facts
    await rig.throw(bootstrap, thrown)
    async with rig.worker(bootstrap, where, stages, bench(root)) as consumers:
        while any(each.finished < len(facts) for each in consumers[:1]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        said: list[Event] = []
        until = asyncio.get_running_loop().time() + 30
        while {event.job for event in said if isinstance(event, JobEnded)} < set(jobs):
            assert asyncio.get_running_loop().time() < until
            said = [*await _said(bootstrap, JobEnded.topic, jobs), *await _said(bootstrap, Result.topic, jobs)]
        return said


async def _said(bootstrap: str, topic: str, jobs: list[str]) -> list[Event]:
    from streams.reading import event_of, origin_of

    found = [event_of(origin_of(record)) for record in await rig.records(bootstrap, topic, 10_000, 1.5)]
    return list({event.id: event for event in found if isinstance(event, Event) and event.job in jobs}.values())


@pytest.fixture(params=["local", "kafka"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    if request.param == "local":
        return on_journal(tmp_path)
    at: Endpoints = request.getfixturevalue("services")
    return on_kafka(tmp_path, at.bootstrap)


def job_of(notes: Sequence[str], job: str) -> list[Event]:
    tasks: list[Event] = [Task(job=job, index=index, note=note) for index, note in enumerate(notes)]
    return [*tasks, Tasked(job=job, count=len(notes))]


def ends(said: list[Event]) -> dict[str, str]:
    return {event.job: event.state for event in said if isinstance(event, JobEnded)}


def lost(said: list[Event]) -> dict[int, str | None]:
    return {event.index: event.lost for event in said if isinstance(event, Result)}


def new() -> str:
    return str(uuid.uuid4())


SHAPES: list[dict[str, Any]] = [{}, {"ordered": True}, {"streams": True}, {"batch": Batch(size=4, wait_ms=20)}]


@pytest.mark.parametrize("facts", SHAPES, ids=lambda facts: next(iter(facts), "plain"))
def test_what_is_refused_crashes_or_must_wait_is_counted_by_the_join_and_the_others_go_on(
    runner: Runner, facts: dict[str, Any]
) -> None:
    job, notes = new(), ["", "crash", "", "refuse", "away", "break", ""]
    said = runner(Chain().stages(**facts), job_of(notes, job), [job])
    assert ends(said) == {job: "partial"}
    assert lost(said) == {0: None, 1: "internal", 2: None, 3: "truncated", 4: None, 5: "internal", 6: None}


def test_a_bug_is_tried_twice_and_a_refusal_once(runner: Runner) -> None:
    chain, job = Chain(), new()
    runner(chain.stages(), job_of(["crash", "refuse", ""], job), [job])
    assert sorted(chain.seen[job]) == [0, 0, 1, 2]


def test_order_per_job_where_a_stage_asks_for_it(runner: Runner) -> None:
    chain, jobs = Chain(), [new() for _ in range(4)]
    facts = [fact for at in range(15) for job in jobs for fact in [Task(job=job, index=at)]]
    said = runner(chain.stages(ordered=True), [*facts, *(Tasked(job=job, count=15) for job in jobs)], jobs)
    assert set(ends(said).values()) == {"done"}
    assert all(chain.seen[job] == list(range(15)) for job in jobs)


def test_an_end_without_anything_is_an_end(runner: Runner) -> None:
    job = new()
    assert ends(runner(Chain().stages(), job_of([], job), [job])) == {job: "done"}


@pytest.mark.parametrize("first", [True, False])
def test_the_count_may_come_first_or_last_and_everything_twice(runner: Runner, first: bool) -> None:
    job = new()
    facts = job_of([""] * 5, job)
    said = runner(Chain().stages(), (facts[::-1] if first else facts) + facts, [job])
    assert ends(said) == {job: "done"}
    assert lost(said) == dict.fromkeys(range(5))


def test_jobs_do_not_wait_for_each_other(runner: Runner) -> None:
    jobs = [new() for _ in range(6)]
    facts = [fact for at, job in enumerate(jobs) for fact in job_of(["", "crash"] if at % 2 else ["", ""], job)]
    said = runner(Chain().stages(), facts, jobs)
    assert [ends(said)[job] for job in jobs] == ["done", "partial"] * 3
