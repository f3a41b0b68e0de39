"""The stage contract: a plain synchronous function and what a runner must know to run it. No stage calls a stage.

Three shapes, told apart by the ``Stage`` value and honoured by both runners alike:

- ``run(event, bench) -> iterable of events``; a generator publishes while it works (demux);
- with ``batch``: ``run(events, bench) -> iterable of (position, event | error | None)``; ``None`` says that the item
  at that position is finished, an error ends that item alone;
- with several kinds in ``takes``: a join, told of each of its inputs, comparing with the store every time.

The runner iterates on the stage's own worker thread, publishes each event as it comes and acknowledges an input
when all of its outputs are acknowledged. An item that is given up on is handed to ``given_up``, which leaves a
mark in the store and says what downstream needs to hear, so that no join waits for it.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from processors.bench import Bench
from schemas.errors import ChalkstreamError, ErrorInfo
from schemas.events import Event, JobEnded

Answer = tuple[int, Event | ChalkstreamError | None]
Run = Callable[[Any, Bench], Iterable[Any]]
"""``(event, bench) -> events``, or with a batch ``(events, bench) -> answers``."""
GivenUp = Callable[[Any, ErrorInfo, Bench], Iterable[Event]]
"""What stands in for the outputs of an item that failed for good."""
Refuse = Callable[[Any, int, Bench], ChalkstreamError | None]
"""``(event, items of its tenant in hand, bench) -> why it is answered at once``, asked when an item is read."""


@dataclass(frozen=True)
class Batch:
    """How company is collected: at most ``size`` items or ``cost`` in all, waiting at most ``wait_ms`` for more."""

    size: int
    cost: float = float("inf")
    wait_ms: int = 50
    cost_of: Callable[[Any], float] = lambda _: 1.0


def fail_job(event: Any, error: ErrorInfo, _bench: Bench) -> Iterable[Event]:
    """The default for a stage whose loss leaves nothing to show: the job ends as failed with the code."""
    return [JobEnded(job=event.job, run=event.run, tenant=event.tenant, state="failed", error=error)]


@dataclass(frozen=True)
class Stage:
    """What a runner must know. ``name`` is also consumer group, span, metric label and command-line word.

    ``ordered``: per job. ``can_crash``: unfinished attempts are counted. ``streams``: gives results while it works.
    ``held_by``: waits while too much audio is before that stage. ``engine``: the model it needs, loaded early.
    ``answers``: each item has an answer of its own, a cancelled one too. ``refuse``: what never waits for its turn.
    """

    name: str
    takes: tuple[type[Event], ...]
    gives: tuple[type[Event], ...]
    run: Run
    given_up: GivenUp = fail_job
    ordered: bool = False
    batch: Batch | None = None
    can_crash: bool = False
    engine: str | None = None
    streams: bool = False
    held_by: str | None = None
    answers: bool = False
    refuse: Refuse | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"stage name {self.name!r} must be one lower-case word")


def discover() -> tuple[Stage, ...]:
    """Every ``STAGE`` in this package, in the order of the chain (a stage after those that feed it)."""
    modules = (importlib.import_module(f"processors.{found.name}") for found in pkgutil.iter_modules(_here()))
    stages = [stage for module in modules if isinstance(stage := getattr(module, "STAGE", None), Stage)]
    return tuple(_in_chain_order(stages))


def _here() -> list[str]:
    return list(importlib.import_module("processors").__path__)


def _in_chain_order(stages: list[Stage]) -> list[Stage]:
    made = {kind for stage in stages for kind in stage.gives}
    ordered: list[Stage] = []
    waiting = sorted(stages, key=lambda stage: (stage.answers, stage.name))
    while waiting:
        given = {kind for stage in ordered for kind in stage.gives} | {
            k for s in stages for k in s.takes if k not in made
        }
        ready = [stage for stage in waiting if set(stage.takes) <= given] or waiting[:1]
        ordered.append(ready[0])
        waiting.remove(ready[0])
    return ordered
