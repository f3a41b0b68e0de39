"""Spans of one item: ``process <topic>`` with the stage inside it, and a ``send <topic>`` for each fact that it says.

The parent of ``process`` is the ``send`` whose context the record carries. Facts that come by the token have no span
of their own, nor has a stage that only takes note of what others did (``jobs``) but for beginnings and ends, so that
a lecture of three hours stays readable.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from opentelemetry import context as attached
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags, Tracer
from opentelemetry.trace.propagation import set_span_in_context

from infra.telemetry import conventions, ids
from schemas import tracing
from schemas.events import Event, JobControl, JobEnded, UploadNotified, VideoAccepted
from schemas.tracing import Received

BY_TOKEN: Final = frozenset({"chat.deltas", "image.progress"})
NOTES: Final = frozenset({"jobs"})
TURNS: Final = (VideoAccepted, JobEnded, JobControl)


def silent(stage: str, event: Event) -> bool:
    """Whether the work on ``event`` leaves no spans."""
    return stage in NOTES and not isinstance(event, TURNS)


def remote(traceparent: str) -> SpanContext:
    """As the SDK knows it."""
    _, trace, span, flags = traceparent.split("-")
    return SpanContext(int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def written(span: Span) -> str | None:
    """As a header, None when nobody makes spans."""
    at = span.get_span_context()
    return f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}" if at.is_valid else None


def fail(span: Span, code: str | None) -> None:
    """Note a typed code; never a text."""
    if code is not None:
        span.set_attribute("error.type", code)
        span.set_status(StatusCode.ERROR)


def nanoseconds(at: float) -> int:
    """As the SDK counts."""
    return int(at * 1e9)


@dataclass
class Pair:
    """``process`` and the stage inside it."""

    process: Span
    stage: Span
    linked: set[str] = field(default_factory=set)

    def link(self, part: str) -> None:
        """Once each, whatever is joined from it."""
        if part not in self.linked:
            self.linked.add(part)
            self.stage.add_link(remote(part))


@dataclass(eq=False)
class ItemSpans:
    """The spans of one attempt after another. An upload's notification belongs to no trace: its jobs do."""

    tracer: Tracer
    stage: str
    event: Event
    received: Received
    _pairs: dict[str, Pair] = field(default_factory=dict)
    _since: tuple[float, float | None] = (0.0, None)
    _about: dict[str, Any] = field(default_factory=dict)
    _before: SpanContext | None = None
    _token: Any = None

    def begin(self, context: str, *, at: float, about: dict[str, Any], alone: bool) -> None:
        """A new attempt; ``alone``: what else is traced on this thread belongs to it."""
        self._since, self._about = (at, None), about
        if not isinstance(self.event, UploadNotified) and not silent(self.stage, self.event):
            pair = self._pair(context)
            if alone:
                self._token = attached.attach(set_span_in_context(pair.stage))

    def end(self, code: str | None, *, at: float, about: dict[str, Any]) -> None:
        """The stage is through; its outputs may still be on their way."""
        self._since, self._about = (self._since[0], at), {**self._about, **about}
        if self._token is not None:
            attached.detach(self._token)
            self._token = None
        for pair in self._pairs.values():
            pair.stage.set_attributes(self._about)
            fail(pair.stage, code)

    def send(self, event: Event, context: str, parts: Sequence[str]) -> tuple[str, Span | None]:
        """The context that ``event`` carries, and its span."""
        if silent(self.stage, self.event) or event.on in BY_TOKEN:
            return context, None
        pair = self._pair(context)
        for part in parts:
            pair.link(part)
        span = self.tracer.start_span(
            conventions.send_name(event.on), set_span_in_context(pair.stage), SpanKind.PRODUCER,
            conventions.sending(event, self.received.system),
        )  # fmt: skip
        return written(span) or context, span

    def note(self, name: str, code: str, **facts: float) -> None:
        """Something that happened to the item, with its typed code."""
        for pair in self._pairs.values():
            pair.process.add_event(name, {"error.type": code, **facts})

    def close(self, code: str | None) -> None:
        """The attempt is over."""
        ended = self._since[1]
        for pair in self._pairs.values():
            pair.stage.end(nanoseconds(ended) if ended else None)
            fail(pair.process, code)
            pair.process.end()
            self._before = pair.process.get_span_context()
        self._pairs.clear()

    def _pair(self, context: str) -> Pair:
        """One per trace: an upload's notification may begin several jobs."""
        trace = tracing.trace_id(context)
        if trace not in self._pairs:
            self._pairs[trace] = self._open(context, nanoseconds(self._since[0]))
        return self._pairs[trace]

    def _open(self, context: str, at: int) -> Pair:
        facts = conventions.processing(self.stage, self.event, self.received) | self._about
        links = [Link(self._before)] if self._before and self._before.is_valid else None
        above = attached.Context()
        if not tracing.derived(context):
            above = set_span_in_context(NonRecordingSpan(remote(context)), above)
        with ids.of(int(tracing.trace_id(context), 16)):
            name = conventions.process_name(self.received.topic)
            process = self.tracer.start_span(name, above, SpanKind.CONSUMER, facts, links, at)
        stage = self.tracer.start_span(
            self.stage, set_span_in_context(process), SpanKind.INTERNAL,
            conventions.media(self.event) | self._about, None, at,
        )  # fmt: skip
        return Pair(process, stage)
