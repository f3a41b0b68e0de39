"""Log lines on their way to a collector: the same facts as on standard error, with the trace they belong to."""

import logging
from typing import Any, Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan
from opentelemetry.trace.propagation import set_span_in_context

from infra.logs import facts
from infra.telemetry.spans import remote
from schemas.tracing import first_span

SEVERITY: Final = {
    logging.DEBUG: SeverityNumber.DEBUG, logging.INFO: SeverityNumber.INFO, logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR, logging.CRITICAL: SeverityNumber.FATAL,
}  # fmt: skip


class Lines(logging.Handler):
    """``logger`` is OpenTelemetry's. What OpenTelemetry says about itself goes to standard error alone."""

    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one line over."""
        if record.name.startswith("opentelemetry"):
            return
        about = facts(record)
        trace = about.pop("trace_id", "")
        self._logger.emit(
            LogRecord(
                timestamp=int(record.created * 1e9), severity_text=record.levelname, body=record.getMessage(),
                severity_number=SEVERITY.get(record.levelno, SeverityNumber.UNSPECIFIED),
                context=_within(trace), attributes={"logger": record.name, **about},
            )
        )  # fmt: skip


def _within(trace: str) -> Context:
    if not trace:
        return Context()
    return set_span_in_context(NonRecordingSpan(remote(f"00-{trace}-{first_span(trace)}-01")), Context())
