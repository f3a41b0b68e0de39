"""How much one caller may ask of one gateway: requests a minute, and things at once. Time is an argument.

What is over is refused before anything is done about it, with the seconds after which it is worth trying again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from streams.gateway.problems import too_many

REMEMBERED: Final = 10_000


@dataclass
class Bucket:
    """A leaky bucket: ``size`` at once, refilled within a minute."""

    size: float
    left: float
    at: float

    def take(self, now: float) -> float:
        """0 when there was one left, else the seconds until there is."""
        self.left = min(self.size, self.left + (now - self.at) * self.size / 60)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) * 60 / self.size


@dataclass
class Limits:
    """Of one gateway; only its loop's thread comes here."""

    rate: int
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _held: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, who: str) -> None:
        """One more request. Raises Refused (429)."""
        now = self.clock()
        if who not in self._buckets:
            if len(self._buckets) >= REMEMBERED:
                self._buckets.clear()
            self._buckets[who] = Bucket(self.rate, self.rate, now)
        if wait := self._buckets[who].take(now):
            raise too_many(f"more than {self.rate} requests a minute", "slow down", seconds=wait)

    def held(self, tenant: str, what: str) -> int:
        """How many of these a tenant has now."""
        return self._held[tenant, what]

    @contextmanager
    def hold(self, tenant: str, what: str, most: int, *, seconds: float = 2.0) -> Iterator[None]:
        """One of at most so many at once. Raises Refused (429)."""
        if self._held[tenant, what] >= most:
            raise too_many(f"more than {most} {what} at once", "wait until others have ended", seconds=seconds)
        self._held[tenant, what] += 1
        try:
            yield
        finally:
            self._held[tenant, what] -= 1
            if not self._held[tenant, what]:
                del self._held[tenant, what]
