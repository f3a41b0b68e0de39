"""Attempts that leave no exception (a segfault, an OOM kill): marks in the store, made before and removed after.

Only for stages that can crash. A mark that stays is an attempt that never ended; two of them make a suspect, which
runs alone in a child process (DESIGN §4.7).
"""

import uuid
from dataclasses import dataclass

from processors.bench import Store
from processors.recipes import WORK
from schemas.errors import ChalkstreamError

SUSPECT = 2


@dataclass(frozen=True)
class Attempt:
    """One begun attempt; ``before`` counts those that never ended."""

    key: str
    before: int

    @property
    def suspect(self) -> bool:
        """Whether the item should run alone."""
        return self.before >= SUSPECT


def begin(store: Store, stage: str, event_id: str) -> Attempt:
    """Count the marks that are there and leave one."""
    prefix = f"attempts/{stage}/{event_id}/"
    before = sum(1 for _ in store.names(WORK, prefix))
    key = prefix + uuid.uuid4().hex
    store.create(WORK, key, b"")
    return Attempt(key, before)


def end(store: Store, attempt: Attempt) -> None:
    """The attempt ended, well or badly; the marks of an item that ended are of no use any more."""
    _clear(store, attempt.key if attempt.before == 0 else attempt.key.rpartition("/")[0] + "/")


def acquit(store: Store, stage: str, event_id: str) -> None:
    """The item ended alone in a child, and whoever waited for that may be dead: it is no suspect any more."""
    _clear(store, f"attempts/{stage}/{event_id}/")


def _clear(store: Store, prefix: str) -> None:
    """One mark, or all below a prefix that ends in a slash."""
    try:
        for key in list(store.names(WORK, prefix)) if prefix.endswith("/") else [prefix]:
            store.delete(WORK, key)
    except ChalkstreamError:
        return  # a mark too many only makes an item run alone next time
