"""Logging, set up once per process. A worker writes JSON lines on standard error; commands for people stay quiet.

A line about an item names its trace, job and stage. Never in a log: transcript text, prompts, keys of objects, file
names. An exception is told by its type and where it was raised, not by its text, which may hold any of them. What
repeats is told at most twice a minute.
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from infra.logs import facts

SELDOM_SECONDS: Final = 30.0
FRAMES: Final = 6
NORMAL: Final = ("GroupCoordinatorNotAvailableError", "Heartbeat failed for group")
"""What aiokafka calls an error and is none: a new cluster has no coordinator yet, a group is on the move."""
STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Lines(logging.Formatter):
    """One JSON object per record; what a caller gives as ``extra`` is kept beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {name: value for name, value in vars(record).items() if name not in STANDARD}
        told |= facts(record)
        if record.exc_info and record.exc_info[1]:
            told |= {"error": type(record.exc_info[1]).__name__, "at": where(record.exc_info[1])}
        return json.dumps(told, ensure_ascii=False, default=str)


def where(error: BaseException) -> list[str]:
    """The last frames, innermost last, as file:line function; no values."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


class Seldom(logging.Filter):
    """Lets a message of a library pass once in a while; how many were left out stands in the next one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock, self._last, self._left_out = clock, dict[str, float](), dict[str, int]()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to let it pass."""
        if any(normal in record.getMessage() for normal in NORMAL):
            return False
        now, what = self._clock(), f"{record.name} {record.msg}"
        if now - self._last.get(what, -SELDOM_SECONDS) < SELDOM_SECONDS:
            self._left_out[what] = self._left_out.get(what, 0) + 1
            return False
        self._last[what] = now
        if left_out := self._left_out.pop(what, 0):
            record.left_out = left_out
        return True


def for_workers(stream: Any = None) -> None:
    """JSON lines: our own from INFO, of libraries warnings, seldom."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines())
    seldom = Seldom()
    handler.addFilter(lambda record: record.name.startswith("streams") or seldom.filter(record))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    ours = logging.getLogger("streams")
    ours.setLevel(min(ours.level or logging.INFO, logging.INFO))


def for_people() -> None:
    """A command says in one line what is wrong; what aiokafka thinks of it helps nobody."""
    library = logging.getLogger("aiokafka")
    library.addHandler(logging.NullHandler())
    library.propagate = bool(logging.getLogger().handlers)
