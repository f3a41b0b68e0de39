"""An image model at work on a thread of its own, so that its steps can be told meanwhile. Nothing is decided here."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

from processors.painting import Painter, Wish


class Brushwork:
    """One batch. ``left``: whether nobody waits for it any more."""

    def __init__(self, painter: Painter, wishes: Sequence[Wish], left: Callable[[], bool]) -> None:
        self._painter, self._wishes, self._left = painter, wishes, left
        self._told: SimpleQueue[int] = SimpleQueue()
        self._count, self._gone = 0, False
        self.pictures: list[bytes | None] = []

    def steps(self) -> Iterator[int]:
        """1, 2, 3 … as they are done; then ``pictures`` are there. Raises what the painter raises."""
        with ThreadPoolExecutor(1, "brush") as threads:
            work = threads.submit(self._painter.paint, self._wishes, self._look)
            work.add_done_callback(lambda _: self._told.put(0))
            try:
                while step := self._told.get():
                    yield step
            finally:
                self._gone = True
            self.pictures = work.result()

    def _look(self) -> bool:
        """On the painter's thread, after each step."""
        self._count += 1
        self._told.put(self._count)
        return self._gone or self._left()
