"""The seam between runners and telemetry, as Protocols, and the one behind it when nobody looks.

A probe may never fail an item. ``begins``, ``gave`` and ``ends`` are called on the stage's own thread, the rest
where the runner publishes. Failures are told by their codes: texts may hold what must not be told.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from pydantic import BaseModel

from schemas.events import Event
from schemas.plan import Plan
from schemas.tracing import Received

Acknowledged = Callable[[str | None], None]


class Probed(Protocol):
    """One item, as a probe sees it."""

    def begins(self, context: str, *, at: float, attempt: int, waited: float, company: int) -> None: ...
    def gave(self, event: Event, plan: Plan | None, behind: Sequence[BaseModel]) -> None: ...
    def ends(self, code: str | None, *, at: float, worked: float, attempt: int) -> None: ...
    def says(self, event: Event, context: str) -> tuple[str, Acknowledged]:
        """The context that ``event`` carries, and what to call when it is durable or failed."""
        ...

    def again(self, code: str, delay: float) -> None: ...
    def gave_up(self, code: str) -> None: ...
    def buried(self, code: str) -> None: ...
    def over(self, code: str | None) -> None: ...


class Probe(Protocol):
    """What makes spans and numbers. ``on``: whether anybody looks."""

    @property
    def on(self) -> bool: ...

    def item(self, stage: str, event: Event, received: Received) -> Probed: ...
    def step(self, name: str, **facts: str) -> AbstractContextManager[None]:
        """A part of the work that this thread does."""
        ...

    def told(self, stage: str, event: Event, context: str) -> None:
        """An input of a join that another process, or this one before, was told of in ``context``."""
        ...

    def loaded(self, kind: str, model: str, seconds: float) -> None: ...
    def gauge(self, name: str, value: float, **labels: str) -> None: ...


class Unseen:
    """Implements ``Probe`` and ``Probed``: nobody looks."""

    on = False

    def item(self, stage: str, event: Event, received: Received) -> "Unseen":
        """Itself."""
        return self

    def step(self, name: str, **facts: str) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()

    def told(self, stage: str, event: Event, context: str) -> None: ...
    def loaded(self, kind: str, model: str, seconds: float) -> None: ...
    def gauge(self, name: str, value: float, **labels: str) -> None: ...
    def says(self, event: Event, context: str) -> tuple[str, Acknowledged]:
        """The context goes on as it came."""
        return context, NOTHING

    def begins(self, context: str, *, at: float, attempt: int, waited: float, company: int) -> None: ...
    def gave(self, event: Event, plan: Plan | None, behind: Sequence[BaseModel]) -> None: ...
    def ends(self, code: str | None, *, at: float, worked: float, attempt: int) -> None: ...
    def again(self, code: str, delay: float) -> None: ...
    def gave_up(self, code: str) -> None: ...
    def buried(self, code: str) -> None: ...
    def over(self, code: str | None) -> None: ...


UNSEEN = Unseen()
NOTHING: Acknowledged = lambda _: None  # noqa: E731 - a value that stands for "nobody asked"
