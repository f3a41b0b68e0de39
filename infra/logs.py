"""Log lines: one JSON object each, of one schema, or plain text for people. Never what was said, shown or uploaded.

``time`` (UTC), ``level``, ``logger``, ``message``, and where the line is about a job ``trace_id``, ``job``, ``stage``.
An exception is told by its type alone, for its text may quote what must not be told; ``--debug`` shows tracebacks.
"""

import json
import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

NAMES: Final = ("trace_id", "job", "stage")
NOTHING: Final[Mapping[str, str]] = {}
about: ContextVar[Mapping[str, str]] = ContextVar("about", default=NOTHING)
"""What the code that runs now is at work on; set by the runners."""


def facts(record: logging.LogRecord) -> dict[str, str]:
    """What the line is about: as it says itself, else what its thread works on."""
    known = about.get()
    told = {name: str(getattr(record, name, "") or known.get(name, "")) for name in NAMES}
    return {name: value for name, value in told.items() if value}


class JsonLines(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The schema above."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **facts(record),
        }
        if record.exc_info and record.exc_info[0]:
            said["error"] = record.exc_info[0].__name__
        return json.dumps(said, ensure_ascii=False)


class PlainLines(logging.Formatter):
    """For people: level, message, trace."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        known = facts(record)
        where = f" [trace {known['trace_id']}]" if "trace_id" in known else ""
        return f"{record.levelname.lower()}: {record.getMessage()}{where}"


def start(form: Literal["json", "text"], stream: TextIO | None = None, *, level: int = logging.WARNING) -> None:
    """Lines of all loggers go to ``stream`` (standard error) from now on, and nowhere else."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
