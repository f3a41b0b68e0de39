"""What runs next: pure. Items wait here after they are read; order per key where a stage asks for it; batches fill.

Time is an argument (seconds). An item that is to be tried later is parked until then; in an ordered stage its key
waits with it. Express items go first, with one turn in four kept for the rest.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 - the item
EXPRESS_SHARE = 4
"""One turn in this many is not express."""


@dataclass
class Waiting(Generic[I]):
    """``key`` is None for unordered stages. ``size``/``cost``/``wait`` describe a batch; 1 means none."""

    key: Callable[[I], str | None]
    express: Callable[[I], bool]
    size: int = 1
    cost: float = float("inf")
    wait: float = 0.0
    cost_of: Callable[[I], float] = lambda _: 1.0
    _fast: deque[tuple[float, I]] = field(default_factory=deque)
    _slow: deque[tuple[float, I]] = field(default_factory=deque)
    _parked: list[tuple[float, I]] = field(default_factory=list)
    _busy: dict[str, deque[I]] = field(default_factory=dict)
    _turn: int = 0

    def add(self, item: I, now: float) -> None:
        """An item was read."""
        key = self.key(item)
        if key is not None and key in self._busy:
            self._busy[key].append(item)
            return
        if key is not None:
            self._busy[key] = deque()
        self._queue(item).append((now, item))

    def park(self, item: I, until: float) -> None:
        """Try again later; its key, if it has one, stays busy."""
        self._parked.append((until, item))

    def release(self, item: I, now: float) -> None:
        """An item ended: the next of its key may run."""
        key = self.key(item)
        if key is not None and key in self._busy:
            self._follow(key, now)

    def take(self, now: float, most: int = 1) -> list[I]:
        """Up to ``most`` items, or the next batch when it is full or its first item has waited enough; else none."""
        self._wake(now)
        if not self._fast and not self._slow:
            return []
        if self.size == 1:
            return [self._next() for _ in range(min(most, len(self._fast) + len(self._slow)))]
        return self._batch() if self._full() or self._oldest() + self.wait <= now else []

    def due(self) -> float | None:
        """When ``take`` may give something that it does not give now."""
        times = [until for until, _ in self._parked]
        if self._fast or self._slow:
            times.append(self._oldest() + (self.wait if self.size > 1 else 0.0))
        return min(times, default=None)

    def drop(self, gone: Callable[[I], bool], now: float = 0.0) -> list[I]:
        """Forget, and give back, the items of lost partitions; of a key whose first item went, the next one stays."""
        dropped = self._drop_behind(gone)
        heads = [item for _, item in (*self._fast, *self._slow, *self._parked) if gone(item)]
        self._fast = deque(pair for pair in self._fast if not gone(pair[1]))
        self._slow = deque(pair for pair in self._slow if not gone(pair[1]))
        self._parked = [pair for pair in self._parked if not gone(pair[1])]
        for item in heads:
            self.release(item, now)
        return heads + dropped

    def __len__(self) -> int:
        return len(self._fast) + len(self._slow) + len(self._parked) + sum(map(len, self._busy.values()))

    def _drop_behind(self, gone: Callable[[I], bool]) -> list[I]:
        dropped: list[I] = []
        for key, behind in self._busy.items():
            dropped += [item for item in behind if gone(item)]
            self._busy[key] = deque(item for item in behind if not gone(item))
        return dropped

    def _follow(self, key: str, now: float) -> None:
        behind = self._busy[key]
        if behind:
            following = behind.popleft()
            self._queue(following).append((now, following))
        else:
            del self._busy[key]

    def _queue(self, item: I) -> deque[tuple[float, I]]:
        return self._fast if self.express(item) else self._slow

    def _wake(self, now: float) -> None:
        if not self._parked:
            return
        ready = sorted((pair for pair in self._parked if pair[0] <= now), key=lambda pair: pair[0])
        self._parked = [pair for pair in self._parked if pair[0] > now]
        for until, item in reversed(ready):
            self._queue(item).appendleft((until, item))

    def _next(self) -> I:
        self._turn += 1
        first, second = (self._fast, self._slow) if self._turn % EXPRESS_SHARE else (self._slow, self._fast)
        return (first or second).popleft()[1]

    def _batch(self) -> list[I]:
        batch = [self._next()]
        spent = self.cost_of(batch[0])
        while len(batch) < self.size and (self._fast or self._slow):
            ahead = (self._fast or self._slow)[0][1]
            spent += self.cost_of(ahead)
            if spent > self.cost:
                break
            batch.append((self._fast or self._slow).popleft()[1])
        return batch

    def _full(self) -> bool:
        if len(self._fast) + len(self._slow) >= self.size:
            return True
        return sum(self.cost_of(item) for _, item in (*self._fast, *self._slow)) >= self.cost

    def _oldest(self) -> float:
        return min(queue[0][0] for queue in (self._fast, self._slow) if queue)
