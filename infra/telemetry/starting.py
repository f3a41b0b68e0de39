"""OpenTelemetry's SDK, set up as its own variables ask; bounded on the way out and when it is closed."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NoOpTracerProvider

from infra.telemetry import exporters
from infra.telemetry.choice import Choice
from infra.telemetry.exposition import render
from infra.telemetry.ids import JobIds
from infra.telemetry.numbers import Numbers
from infra.telemetry.parts import LINKS, Parts
from infra.telemetry.recorder import Recorder

CLOSING_SECONDS: Final = 1.5
"""How long the last spans may take on their way out; a collector that is away must not hold up an exit."""
QUEUE: Final = 4_096


@dataclass(frozen=True)
class Telemetry:
    """What was started. ``page`` is ``/metrics``."""

    recorder: Recorder
    page: Callable[[], str]
    close: Callable[[], None]


def start(choice: Choice, *, version: str, parts: Parts, paged: bool) -> Telemetry:
    """``paged``: numbers are collected for a page, whether or not they are exported."""
    resource = Resource.create({"service.name": "chalkstream", "service.version": version} | _given_name())
    tracers, reader = _tracers(choice, resource), InMemoryMetricReader() if paged else None
    meters, closers = _meters(choice, resource, reader), [tracers]
    numbers = Numbers(meters.get_meter("chalkstream", version))
    recorder = Recorder(tracers.get_tracer("chalkstream", version), numbers, parts)
    closers += [meters, *_logs(choice, resource)]
    return Telemetry(
        recorder, lambda: render(reader.get_metrics_data()) if reader else "", lambda: close(closers)
    )  # fmt: skip


def _given_name() -> dict[str, str]:
    """A name of the operator's own goes before ours."""
    told = os.environ.get("OTEL_SERVICE_NAME")
    return {"service.name": told} if told else {}


def _tracers(choice: Choice, resource: Resource) -> Any:
    if choice.traces is None:
        return NoOpTracerProvider()
    limits = SpanLimits(max_links=LINKS)
    provider = TracerProvider(resource=resource, id_generator=JobIds(), span_limits=limits, shutdown_on_exit=False)
    room = None if os.environ.get("OTEL_BSP_MAX_QUEUE_SIZE") else QUEUE
    provider.add_span_processor(BatchSpanProcessor(exporters.spans(choice.traces), max_queue_size=room))
    return provider


def _meters(choice: Choice, resource: Resource, reader: InMemoryMetricReader | None) -> Any:
    readers: list[Any] = [reader] if reader else []
    if choice.metrics:
        readers.append(PeriodicExportingMetricReader(exporters.metrics(choice.metrics)))
    return MeterProvider(readers, resource, shutdown_on_exit=False) if readers else NoOpMeterProvider()


def _logs(choice: Choice, resource: Resource) -> list[Any]:
    if choice.logs is None:
        return []
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    from infra.telemetry.lines import Lines

    provider = LoggerProvider(resource, shutdown_on_exit=False)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporters.logs(choice.logs)))
    logging.root.addHandler(Lines(provider.get_logger("chalkstream")))
    return [provider]


def close(providers: list[Any], seconds: float = CLOSING_SECONDS) -> None:
    """Send what is left, all at once, for as long as is allowed."""
    shut = [getattr(provider, "shutdown", None) for provider in providers]
    threads = [threading.Thread(target=_quietly, args=(each,), daemon=True) for each in shut if each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds / max(1, len(threads)))


def _quietly(shutdown: Callable[[], None]) -> None:
    try:
        shutdown()
    except Exception:
        logging.getLogger(__name__).debug("telemetry did not close well", exc_info=True)
