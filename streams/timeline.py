"""A job's timeline for the terminal: every step of every stage, made of stored timings. Pure; times in seconds.

A step is one attempt of one stage at one fact. On a cluster only steps that said something are known, from the
headers of what they said; in the local journal all are, those that failed and those that have not begun, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from schemas import tracing
from schemas.events import Event

WIDTH, SLOWEST = 32, 5
NAMED: Final = ("index", "block", "target", "language")
HEAD: Final = f"{'stage':<11}{'items':>6}{'waited':>18}{'worked':>18}{'retries':>9}   from - to"


@dataclass(frozen=True)
class Step:
    """``ready`` when its fact was there; ``began`` None: it still waits; ``ended`` None: it was not finished."""

    stage: str
    what: str
    ready: float
    began: float | None
    ended: float | None
    attempt: int = 1
    outcome: str = "done"

    @property
    def waited(self) -> float:
        """Seconds before it began."""
        return max(0.0, (self.began or self.ready) - self.ready)

    @property
    def worked(self) -> float:
        """Seconds at work."""
        return max(0.0, self.ended - self.began) if self.began is not None and self.ended is not None else 0.0


def what(event: Event) -> str:
    """Which piece of the job a fact is about: ``3 fr``."""
    return " ".join(str(value) for name in NAMED if (value := getattr(event, name, None)) is not None)


def said(headers: dict[str, str], event: Event, at: float) -> Step | None:
    """The step behind a record, by what its headers say; ``at`` is when it was said."""
    pace = tracing.pace(headers.get(tracing.WORK))
    if pace is None:
        return None
    began = at - pace.worked
    return Step(pace.stage, f"{pace.of} {what(event)}", began - pace.waited, began, at, pace.attempt)


def last_words(steps: Iterable[Step]) -> list[Step]:
    """One step per input of a stage: what it said last tells how long it took in all."""
    found: dict[tuple[str, str], Step] = {}
    for step in sorted(steps, key=lambda step: step.ended or 0.0):
        found[step.stage, step.what.split()[0]] = step
    return [Step(s.stage, " ".join(s.what.split()[1:]), s.ready, s.began, s.ended, s.attempt) for s in found.values()]


def lines(title: str, steps: Sequence[Step], order: Sequence[str]) -> list[str]:
    """The timeline, its slowest waits, and what went wrong."""
    if not steps:
        return [title, "nothing is known of its steps"]
    first, last = min(step.ready for step in steps), max(step.ended or step.began or step.ready for step in steps)
    stages = sorted({step.stage for step in steps}, key=lambda name: order.index(name) if name in order else len(order))
    rows = [_row(name, [step for step in steps if step.stage == name], first, last) for name in stages]
    return [f"{title}  {last - first:.1f} s", HEAD, *rows, *_slowest(steps), *_wrong(steps, first)]


def _row(stage: str, steps: Sequence[Step], first: float, last: float) -> str:
    waits, works = [step.waited for step in steps], [step.worked for step in steps]
    begin = min(step.began or step.ready for step in steps)
    end = max(step.ended or step.began or step.ready for step in steps)
    retries = sum(step.outcome != "done" or step.attempt > 1 for step in steps)
    waited, worked = f"{sum(waits):.1f} (max {max(waits):.1f})", f"{sum(works):.1f} (max {max(works):.1f})"
    span = f"{begin - first:7.1f} - {end - first:.1f}"
    return f"{stage:<11}{len(steps):>6}{waited:>18}{worked:>18}{retries:>9} {span:<18} {_bar(begin, end, first, last)}"


def _bar(begin: float, end: float, first: float, last: float) -> str:
    scale = WIDTH / max(0.001, last - first)
    at = min(WIDTH - 1, int((begin - first) * scale))
    return "·" * at + "█" * max(1, min(WIDTH - at, round((end - begin) * scale)))


def _slowest(steps: Sequence[Step]) -> list[str]:
    waited = sorted((step for step in steps if step.waited >= 1.0), key=lambda step: -step.waited)[:SLOWEST]
    return ["longest waits:"] * bool(waited) + [
        f"  {step.stage} {step.what}: waited {step.waited:.1f} s, worked {step.worked:.1f} s" for step in waited
    ]


def _wrong(steps: Sequence[Step], first: float) -> list[str]:
    odd = [step for step in steps if step.outcome != "done" or step.attempt > 1]
    told = [
        f"  {s.stage} {s.what}: attempt {s.attempt} {s.outcome} at {(s.ended or s.ready) - first:.1f} s" for s in odd
    ]
    return ["tried again, given up or not finished:"] * bool(odd) + told
