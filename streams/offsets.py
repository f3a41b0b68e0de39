"""Commit points: numbers in, numbers out. What is committed is the lowest offset that is not finished (DESIGN §5)."""

import heapq
from dataclasses import dataclass, field


@dataclass
class Offsets:
    """One partition. ``add`` in the order of the log, ``finish`` in any order; an unknown or old offset is ignored."""

    _open: dict[int, None] = field(default_factory=dict)
    _heap: list[int] = field(default_factory=list)
    _next: int | None = None
    _committed: int | None = None

    def add(self, offset: int) -> None:
        """A record was taken. One that stands before the last one is the beginning of a log that was made anew."""
        if offset not in self._open:
            self._open[offset] = None
            heapq.heappush(self._heap, offset)
        self._next = offset + 1

    def finish(self, offset: int) -> None:
        """A record needs nothing more."""
        self._open.pop(offset, None)

    def commit_point(self) -> int | None:
        """The offset to commit, or None when nothing has moved since the last ``committed``."""
        while self._heap and self._heap[0] not in self._open:
            heapq.heappop(self._heap)
        point = self._heap[0] if self._heap else self._next
        return point if point != self._committed else None

    def committed(self, offset: int) -> None:
        """The broker has it."""
        self._committed = offset

    @property
    def following(self) -> int | None:
        """The offset after the last record taken; None before the first."""
        return self._next

    @property
    def unfinished(self) -> int:
        """Records taken and not finished."""
        return len(self._open)
