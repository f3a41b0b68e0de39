"""A recorder whose spans and numbers stay here: for tests of what is told."""

from collections.abc import Sequence

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from infra.telemetry.exposition import render
from infra.telemetry.ids import JobIds
from infra.telemetry.numbers import Numbers
from infra.telemetry.parts import Parts
from infra.telemetry.recorder import Recorder
from schemas.events import Event
from schemas.tracing import Received
from streams.parts import JOINS, is_part
from streams.work import Watch
from tests.fakes import plan

TOLD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
HERE = Received("media.chunks", 3, 7, 0.0, TOLD)


class Studio:
    """A recorder whose spans and numbers stay here."""

    def __init__(self) -> None:
        self.spans, self.reader = InMemorySpanExporter(), InMemoryMetricReader()
        tracers = TracerProvider(id_generator=JobIds(), shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        meters = MeterProvider([self.reader], shutdown_on_exit=False)
        self.recorder = Recorder(tracers.get_tracer("t"), Numbers(meters.get_meter("t")), Parts(JOINS, is_part))
        self.watch = Watch(self.recorder, lambda _: plan())

    def do(self, stage: str, event: Event, says: Sequence[Event] = (), received: Received = HERE) -> list[str]:
        """One item, well done; the contexts of what it said."""
        work = self.watch.item(stage, event, received)
        work.begins()
        for each in says:
            work.gave(each)
        work.ends(None)
        carried = []
        for each in says:
            headers, done = work.carry(each)
            carried.append(headers["traceparent"])
            done(None)
        work.over()
        return carried

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans.get_finished_spans() if span.name == name]

    def page(self) -> str:
        return render(self.reader.get_metrics_data())
