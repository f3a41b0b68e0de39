"""The probe behind the runners' seam: one item's spans and numbers. Fits ``streams.work.Probe`` without knowing it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from opentelemetry.trace import INVALID_SPAN, Span, Tracer, get_current_span
from pydantic import BaseModel

from infra.telemetry import conventions, generation, signals
from infra.telemetry.numbers import Numbers
from infra.telemetry.parts import Parts
from infra.telemetry.spans import ItemSpans, fail
from schemas.events import Event
from schemas.plan import Plan
from schemas.tracing import Received

Acknowledged = Callable[[str | None], None]


@dataclass(frozen=True)
class Recorder:
    """One per process."""

    tracer: Tracer
    numbers: Numbers
    parts: Parts
    on: bool = True

    def item(self, stage: str, event: Event, received: Received) -> "ItemRecorder":
        """A record was read."""
        labels = {"messaging.destination.name": received.topic, "messaging.consumer.group.name": stage}
        self.numbers.note("messaging.client.consumed.messages", 1, labels)
        return ItemRecorder(self, stage, event, received, labels, time.time())

    def told(self, stage: str, event: Event, context: str) -> None:
        """An input of a join that was told before."""
        self.parts.tell(stage, event, context)

    @contextmanager
    def step(self, name: str, **facts: Any) -> Iterator[None]:
        """A part of a stage's work that deserves a span (a decode, a model's loading). Never the current one: what is
        traced may be a generator, and its reader must not be taken for it. What no job waits for begins no trace."""
        span = self.tracer.start_span(name, attributes=facts) if get_current_span().is_recording() else INVALID_SPAN
        try:
            yield
        except GeneratorExit:
            raise
        except BaseException as error:
            fail(span, getattr(error, "code", None) or type(error).__name__)
            raise
        finally:
            span.end()

    def loaded(self, kind: str, model: str, seconds: float) -> None:
        """A model is in memory."""
        labels = {"kind": kind, "model": model}
        self.numbers.note("chalkstream.model.load", seconds, labels)
        self.numbers.note("chalkstream.model.loaded", 1, labels)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """What something is now."""
        self.numbers.note(name, value, labels)


class ItemRecorder:
    """Fits ``streams.work.Probed``."""

    def __init__(
        self, home: Recorder, stage: str, event: Event, received: Received, labels: dict[str, str], at: float
    ) -> None:
        self._home, self._stage, self._event, self._read, self._labels = home, stage, event, at, labels
        self._spans = ItemSpans(home.tracer, stage, event, received)
        self._received, self._began, self._worked, self._plan = received, 0.0, 0.0, None
        self._answer: dict[str, Any] = {}

    _plan: Plan | None

    def begins(self, context: str, *, at: float, attempt: int, waited: float, company: int) -> None:
        """See the seam."""
        note, by = self._home.numbers.note, {"stage": self._stage}
        note("chalkstream.stage.wait", waited, by)
        if company > 1:
            note("chalkstream.batch.items", company, by)
            note("chalkstream.batch.wait", max(0.0, at - self._read), by)
        self._began = at
        about = {"media.attempt": attempt, "media.wait_seconds": round(waited, 3), "media.company": company}
        about |= generation.asked(self._event)
        self._home.parts.tell(self._stage, self._event, self._received.traceparent)
        self._spans.begin(context, at=at, about=about, alone=company == 1)

    def gave(self, event: Event, plan: Plan | None, behind: Sequence[BaseModel]) -> None:
        """What the output says about quality is counted here, beside the work."""
        self._plan = plan or self._plan
        self._answer |= generation.answered(event)
        found = signals.of_fact(event, plan, datetime.now(UTC)) + signals.of_records(event, behind)
        found += signals.of_answer(event, time.time() - self._began)
        self._home.numbers.note_all(found)

    def ends(self, code: str | None, *, at: float, worked: float, attempt: int) -> None:
        """See the seam."""
        self._worked = worked
        model = conventions.model_of(self._stage, self._plan)
        about: dict[str, Any] = {"media.attempt": attempt, **conventions.modelled(model), **self._answer}
        seconds = conventions.audio_seconds(self._event)
        if code is None and seconds and model:
            factor = worked / seconds
            about["media.real_time_factor"] = round(factor, 4)
            labels = {"stage": self._stage, "model": model.name}
            self._home.numbers.note("chalkstream.real.time.factor", factor, labels)
        self._spans.end(code, at=at, about=about)

    def says(self, event: Event, context: str) -> tuple[str, Acknowledged]:
        """See the seam."""
        began = time.time()
        carried, span = self._spans.send(event, context, self._home.parts.of(self._stage, event))
        return carried, lambda code: self._sent(event, span, began, code)

    def again(self, code: str, delay: float) -> None:
        """See the seam."""
        self._home.numbers.note("chalkstream.retries", 1, {"stage": self._stage, "error.type": code})
        self._spans.note("retry", code, delay_seconds=delay)
        self._close(code)

    def gave_up(self, code: str) -> None:
        """See the seam."""
        self._home.numbers.note("chalkstream.given.up", 1, {"stage": self._stage, "error.type": code})
        self._spans.note("given up", code)
        self._close(code)

    def buried(self, code: str) -> None:
        """See the seam."""
        self._home.numbers.note("chalkstream.dead.letters", 1, {"stage": self._stage, "error.type": code})
        self._spans.note("dead letter", code)

    def over(self, code: str | None) -> None:
        """See the seam."""
        self._close(code)

    def _close(self, code: str | None) -> None:
        if self._began:
            labels = {**self._labels, "error.type": code}
            self._home.numbers.note("messaging.process.duration", time.time() - self._began, labels)
        self._began = 0.0
        self._spans.close(code)

    def _sent(self, event: Event, span: Span | None, began: float, code: str | None) -> None:
        labels = {"messaging.destination.name": event.on, "error.type": code}
        self._home.numbers.note("messaging.client.sent.messages", 1, labels)
        self._home.numbers.note("messaging.client.operation.duration", time.time() - began, labels)
        if span is not None:
            fail(span, code)
            span.end()
