"""A small OTLP receiver: HTTP and gRPC on loopback, built on ``opentelemetry-proto``. Keeps all that it is sent.

``mute``: it takes connections and never answers, as a black hole does.
"""

import gzip
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2, logs_service_pb2_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2, metrics_service_pb2_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

TRACES, METRICS, LOGS = "/v1/traces", "/v1/metrics", "/v1/logs"
REQUESTS = {
    TRACES: trace_service_pb2.ExportTraceServiceRequest,
    METRICS: metrics_service_pb2.ExportMetricsServiceRequest,
    LOGS: logs_service_pb2.ExportLogsServiceRequest,
}


@dataclass(frozen=True)
class Seen:
    """One span as it was received; ids in hexadecimal."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    start: int
    end: int
    attributes: dict[str, Any]
    links: tuple[str, ...]
    events: tuple[str, ...]
    failed: bool


@dataclass
class Receiver:
    """What came, in the order in which it came."""

    requests: list[tuple[str, Any]] = field(default_factory=list)
    http: str = ""
    grpc: str = ""

    def spans(self) -> list[Seen]:
        """Every span."""
        return [
            _seen(span)
            for path, request in list(self.requests) if path == TRACES
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]  # fmt: skip

    def metrics(self) -> set[str]:
        """Names of every metric that came."""
        return {
            metric.name
            for path, request in list(self.requests) if path == METRICS
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }  # fmt: skip

    def text(self) -> str:
        """All of it as text, to look for what must not be in it."""
        return "\n".join(str(request) for _, request in list(self.requests))

    def environment(self, protocol: str) -> dict[str, str]:
        """The variables that send a process's telemetry here."""
        endpoint = self.grpc if protocol == "grpc" else self.http
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_BSP_SCHEDULE_DELAY": "200", "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        }  # fmt: skip


def _seen(span: Any) -> Seen:
    return Seen(
        span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.name, span.kind,
        span.start_time_unix_nano, span.end_time_unix_nano,
        {each.key: _value(each.value) for each in span.attributes},
        tuple(link.span_id.hex() for link in span.links), tuple(event.name for event in span.events),
        span.status.code == 2,
    )  # fmt: skip


def _value(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


@contextmanager
def receiving(*, mute: bool = False) -> Iterator[Receiver]:
    """A receiver for a while."""
    seen, gone = Receiver(), threading.Event()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(seen, gone if mute else None))
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    server = grpc.server(ThreadPoolExecutor(4))
    for service, add, answer in _services():
        add(_servicer(service, answer, seen, gone if mute else None), server)
    seen.http = f"http://127.0.0.1:{http.server_address[1]}"
    seen.grpc = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield seen
    finally:
        gone.set()
        http.shutdown()
        http.server_close()
        server.stop(None)


def _handler(seen: Receiver, hole: threading.Event | None) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hole:
                hole.wait()
                return
            plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            seen.requests.append((self.path, REQUESTS[self.path].FromString(plain)))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    return Handler


def _services() -> Iterator[tuple[tuple[str, type], Any, Any]]:
    traces, metrics, logs = trace_service_pb2_grpc, metrics_service_pb2_grpc, logs_service_pb2_grpc
    yield (
        (TRACES, traces.TraceServiceServicer), traces.add_TraceServiceServicer_to_server,
        trace_service_pb2.ExportTraceServiceResponse,
    )  # fmt: skip
    yield (
        (METRICS, metrics.MetricsServiceServicer), metrics.add_MetricsServiceServicer_to_server,
        metrics_service_pb2.ExportMetricsServiceResponse,
    )  # fmt: skip
    yield (
        (LOGS, logs.LogsServiceServicer), logs.add_LogsServiceServicer_to_server,
        logs_service_pb2.ExportLogsServiceResponse,
    )  # fmt: skip


def _servicer(service: tuple[str, type], answer: Any, seen: Receiver, hole: threading.Event | None) -> Any:
    path, kind = service

    def export(_self: Any, request: Any, _context: Any) -> Any:
        if hole:
            hole.wait()
        seen.requests.append((path, request))
        return answer()

    return type("Servicer", (kind,), {"Export": export})()
