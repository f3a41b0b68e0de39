"""Threads that work for one stage: made when they are needed; daemons, so that a stuck engine holds up no exit."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

Work = tuple[Callable[..., None], tuple[Any, ...]]


class Threads:
    """``submit`` is called from one thread only; at most ``most`` threads are ever made."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most, self._made = name, most, 0
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)

    def submit(self, work: Callable[..., None], *args: Any) -> None:
        """Run ``work`` soon."""
        self._queue.put((work, args))
        if not self._idle.acquire(blocking=False) and self._made < self._most:
            self._made += 1
            threading.Thread(target=self._run, name=f"{self._name}-{self._made}", daemon=True).start()

    def close(self) -> None:
        """No more work: threads end when they are through with what they have."""
        for _ in range(self._made):
            self._queue.put(None)

    def _run(self) -> None:
        while (found := self._queue.get()) is not None:
            work, args = found
            work(*args)
            self._idle.release()
