"""What a log line is about: the trace, job and stage that its thread works on, or that it names itself."""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final

NAMES: Final = ("trace_id", "job", "stage")
NOTHING: Final[Mapping[str, str]] = {}
about: ContextVar[Mapping[str, str]] = ContextVar("about", default=NOTHING)
"""What the code that runs now is at work on; set by the runners."""


def facts(record: logging.LogRecord) -> dict[str, str]:
    """As the line says itself, else as its thread has it."""
    known = about.get()
    told = {name: str(getattr(record, name, "") or known.get(name, "")) for name in NAMES}
    return {name: value for name, value in told.items() if value}
