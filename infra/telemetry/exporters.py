"""OTLP exporters, imported when they are asked for: they are an extra (``otel``), and so may be missing."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from infra.telemetry.choice import Protocol
from schemas.errors import BadSettings

ROOT = "opentelemetry.exporter.otlp.proto"


def spans(protocol: Protocol) -> Any:
    """A span exporter; endpoint, headers, time-out and compression come from the SDK's own variables."""
    return _make(protocol, "trace_exporter", "OTLPSpanExporter")


def metrics(protocol: Protocol) -> Any:
    """A metric exporter."""
    return _make(protocol, "metric_exporter", "OTLPMetricExporter")


def logs(protocol: Protocol) -> Any:
    """A log exporter."""
    return _make(protocol, "_log_exporter", "OTLPLogExporter")


def _make(protocol: Protocol, module: str, name: str) -> Any:
    flavour = "grpc" if protocol == "grpc" else "http"
    try:
        make: Callable[[], Any] = getattr(import_module(f"{ROOT}.{flavour}.{module}"), name)
    except ImportError as error:
        raise BadSettings(
            f"telemetry is to be exported by {protocol} and {error.name} is not installed",
            "pip install 'chalkstream[otel]', or unset OTEL_EXPORTER_OTLP_ENDPOINT",
        ) from None
    return make()
