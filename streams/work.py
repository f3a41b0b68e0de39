"""One item of one stage as it goes through a runner: when it waited, when it was worked on, and in which trace.

It costs a few clock readings; a ``Probe`` (``streams.probe``) that makes spans and numbers of it is put behind it by
the composition root, and nothing here or in a probe may ever fail an item.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pydantic import BaseModel

from infra.logs import about
from processors.stage import Answer
from schemas import tracing
from schemas.errors import Cancelled, ChalkstreamError
from schemas.events import Event, PlainEvent
from schemas.plan import Plan
from schemas.tracing import Pace, Received
from streams.probe import NOTHING, UNSEEN, Acknowledged, Probe, Probed

log = logging.getLogger(__name__)
Carry = Callable[[], Mapping[str, str]]
PlanOf = Callable[[Event], Plan]


@dataclass(frozen=True)
class Watch:
    """Makes the ``Work`` of a process's items. ``behind``: what stands in the store behind a fact."""

    probe: Probe = UNSEEN
    plan_of: PlanOf | None = None
    behind: Callable[[Event, Plan], Sequence[BaseModel]] = lambda _event, _plan: ()

    def item(self, stage: str, event: Event, received: Received, attempts: int = 0) -> "Work":
        """``attempts``: those begun before this process knew of the item."""
        return Work(stage, event, received, self, self.probe.item(stage, event, received), attempt=attempts)

    def root(self, event: Event, plan: Plan | None) -> str:
        """Where the trace of the event's job begins."""
        named = event.job if event.by_job else f"{event.tenant}/{event.job}"
        return tracing.root(named, plan.traceparent if plan else None)

    def plan(self, event: Event) -> Plan | None:
        """The plan, where there is one to be had."""
        if self.plan_of is None or isinstance(event, PlainEvent) or not event.by_job:
            return None
        try:
            return self.plan_of(event)
        except Exception:  # whatever is wrong, the stage will say it better
            return None

    def records(self, event: Event, plan: Plan | None) -> Sequence[BaseModel]:
        """What a probe may count besides the fact."""
        try:
            return self.behind(event, plan) if plan else ()
        except Exception:
            return ()


UNWATCHED = Watch()


@dataclass(eq=False)
class Work:
    """See above. ``context`` is known from the first ``begins`` on; ``read`` is when this process got the item."""

    stage: str
    event: Event
    received: Received
    watch: Watch
    probed: Probed
    attempt: int = 0
    waited: float = 0.0
    worked: float = 0.0
    began: float | None = None
    context: str = ""
    read: float = field(default_factory=time.time)
    _roots: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> dict[str, str]:
        """For ``extra`` of a log line."""
        known = self.context or self.received.traceparent
        named = tracing.name(self.event.job, self.event.tenant)
        return {"trace_id": tracing.trace_id(known), "stage": self.stage, "job": named}

    def begins(self, company: int = 1) -> None:
        """The stage begins with it, together with ``company`` - 1 others."""
        self.began = time.time()
        self.attempt += 1
        self.waited = self.waited or max(0.0, self.began - self.received.said)
        if not self.context:
            self.context = self.received.traceparent or self.watch.root(self.event, self.watch.plan(self.event))
        if company == 1:
            about.set(self.log)
        self._tell(
            self.probed.begins, self.context, at=self.began, attempt=self.attempt, waited=self.waited, company=company
        )

    def died(self, before: int) -> None:
        """``before`` attempts were begun and never ended, here or elsewhere."""
        self.attempt = max(self.attempt, before + 1)

    def gave(self, event: Event) -> None:
        """The stage gave an output. That of another job (an upload's) goes into the trace of its own."""
        foreign = event.job != self.event.job
        plan = self.watch.plan(event) if foreign or self.watch.probe.on else None
        if foreign:
            self._roots[event.job] = self.watch.root(event, plan)
        if self.watch.probe.on:
            self._tell(self.probed.gave, event, plan, self.watch.records(event, plan))

    def ends(self, error: ChalkstreamError | None) -> None:
        """The stage has said all about it."""
        if self.began is None:
            return
        now, began, self.began = time.time(), self.began, None
        self.worked += max(0.0, now - began)
        about.set({})
        code, worked = error.code if error else None, max(0.0, now - began)
        self._tell(self.probed.ends, code, at=now, worked=worked, attempt=self.attempt)

    def says(self, event: Event) -> "Saying":
        """``event`` is about to be published."""
        return Saying(self, event)

    def carry(self, event: Event) -> tuple[dict[str, str], Acknowledged]:
        """The headers of ``event``, which is published now, and what to tell of it."""
        context, done = self._roots.get(event.job, self.context), NOTHING
        if self.watch.probe.on:
            try:
                context, done = self.probed.says(event, context)
            except Exception:
                log.debug("telemetry failed", exc_info=True)
        running = time.time() - self.began if self.began else 0.0
        worked = self.worked + max(0.0, running)
        pace = Pace(self.stage, self.waited, worked, self.attempt, self.event.id[:8])
        return {tracing.TRACEPARENT: context, tracing.WORK: pace.text()} if context else {}, done

    def again(self, error: ChalkstreamError, delay: float) -> None:
        """It failed, and is tried again later."""
        self._tell(self.probed.again, error.code, delay)

    def gave_up(self, error: ChalkstreamError) -> None:
        """It failed for good; what stands in for it may still be said."""
        self._tell(self.probed.gave_up, error.code)

    def buried(self, error: ChalkstreamError) -> None:
        """It went to the dead letters."""
        self._tell(self.probed.buried, error.code)

    def over(self, error: ChalkstreamError | None = None) -> None:
        """Nothing more will come of it here."""
        self._tell(self.probed.over, error.code if error else None)

    def _tell(self, what: Callable[..., None], *values: object, **named: object) -> None:
        if not self.watch.probe.on:
            return
        try:
            what(*values, **named)
        except Exception:
            log.debug("telemetry failed", exc_info=True)


class Saying:
    """One event on its way out; what is not sent (because it was said before) leaves no trace."""

    def __init__(self, work: Work, event: Event) -> None:
        self._carry, self._done = partial(work.carry, event), NOTHING

    def headers(self) -> Mapping[str, str]:
        """Asked once, when the event is really sent."""
        found, self._done = self._carry()
        return found

    def acknowledged(self, error: ChalkstreamError | None) -> None:
        """It is durable, or failed."""
        try:
            self._done(error.code if error else None)
        except Exception:
            log.debug("telemetry failed", exc_info=True)


def watched(works: Sequence[Work], answers: Iterator[Answer], *, together: bool) -> Iterator[Answer]:
    """The same answers; each item is told when the stage begins and ends with it, all at once or one by one."""
    left = dict.fromkeys(range(len(works)))
    for position in left if together else [0]:
        works[position].begins(len(works) if together else 1)
    try:
        for position, answer in answers:
            if isinstance(answer, Event):
                works[position].gave(answer)
            else:
                works[position].ends(answer)
                left.pop(position, None)
                if left and not together and works[after := next(iter(left))].began is None:
                    works[after].begins()
            yield position, answer
    finally:
        for position in left:
            works[position].ends(Cancelled())
