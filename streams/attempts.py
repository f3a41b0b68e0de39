"""Attempts that leave no exception (a segfault, an OOM kill): a mark in the store, made before and removed after.

Only for stages that can crash. A mark that stays is an attempt that never ended; an item that stands in two of them is
a suspect, which runs in a child process (DESIGN §4.7). One mark is for all that were begun together, whose names
stand in its key: so a batch costs three calls of the store, however many are in it, and one listing tells all.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from processors.bench import Store
from processors.recipes import WORK
from schemas.errors import ChalkstreamError
from schemas.ids import derive

SUSPECT = 2
NAME: Final = 8
"""Letters of an item's name in a key; two that share one by chance (1 in 4 billion) only make one more suspect."""
FOLDER: Final = 24
"""Names in one part of a key: 240 bytes is what folders take, 255 what stores do."""


@dataclass(frozen=True)
class Attempt:
    """Begun attempts at ``names``; ``before`` counts those that never ended, one by one."""

    stage: str
    mark: str
    names: tuple[str, ...]
    before: tuple[int, ...]

    def suspect(self, at: int) -> bool:
        """Whether an item should run alone."""
        return self.before[at] >= SUSPECT


def begin(store: Store, stage: str, events: Sequence[str]) -> Attempt:
    """Count the marks that name these events and leave one."""
    names, there = tuple(_name(event) for event in events), [_read(key) for key in _keys(store, stage)]
    before = tuple(len({mark for mark, told in there if name in told}) for name in names)
    attempt = Attempt(stage, uuid.uuid4().hex, names, before)
    store.create(WORK, _key(stage, attempt.mark, names), b"")
    return attempt


def end(store: Store, attempt: Attempt) -> None:
    """The attempt ended, well or badly; that its items were ever begun is of no use any more."""
    try:
        if any(attempt.before):
            _forget(store, attempt.stage, frozenset(attempt.names))
        else:
            store.delete(WORK, _key(attempt.stage, attempt.mark, attempt.names))
    except ChalkstreamError:
        return  # a mark too many only makes an item run alone next time


def acquit(store: Store, stage: str, events: Sequence[str]) -> None:
    """The items ended in a child, and whoever waited for that may be dead: they are no suspects any more."""
    try:
        _forget(store, stage, frozenset(map(_name, events)))
    except ChalkstreamError:
        return


def _forget(store: Store, stage: str, names: frozenset[str]) -> None:
    """Take ``names`` out of every mark: the rest stands under the same mark before the whole goes."""
    for key in _keys(store, stage):
        mark, told = _read(key)
        left = [name for name in told if name not in names]
        if len(left) < len(told):
            if left:
                store.create(WORK, _key(stage, mark, left), b"")
            store.delete(WORK, key)


def _keys(store: Store, stage: str) -> Iterable[str]:
    return list(store.names(WORK, f"attempts/{stage}/"))


def _name(event: str) -> str:
    return derive(event)[:NAME]


def _key(stage: str, mark: str, names: Sequence[str]) -> str:
    parts = ("".join(names[at : at + FOLDER]) for at in range(0, len(names), FOLDER))
    return f"attempts/{stage}/{mark}-{'/'.join(parts)}"


def _read(key: str) -> tuple[str, tuple[str, ...]]:
    """Mark and names."""
    mark, _, told = key.split("/", 2)[2].partition("-")
    joined = told.replace("/", "")
    return mark, tuple(joined[at : at + NAME] for at in range(0, len(joined), NAME))
