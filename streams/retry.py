"""What to do with a failed attempt: a table (DESIGN §4.8). Time and counts come in, a decision goes out.

| error | decision |
|---|---|
| bad input, cancelled | give up at once |
| tried enough (its tries alone were its deaths) | give up at once: the next would be the death of a worker |
| unavailable | try again after 1, 2, 4 … 60 s; uses up no attempt; after 24 h give up |
| anything else | try twice in all, then give up |
"""

from dataclasses import dataclass
from typing import Literal

from schemas.errors import BadInput, Broken, Cancelled, ChalkstreamError, Unavailable

ATTEMPTS = 2
FIRST_DELAY, LONGEST_DELAY, DOUBLINGS = 1.0, 60.0, 10
AGE_LIMIT = 24 * 3600.0


class TriedEnough(Broken):
    """An item that has had all its tries where it was tried."""


@dataclass(frozen=True)
class Decision:
    """``again`` after ``delay`` seconds, or ``give_up``."""

    action: Literal["again", "give_up"]
    delay: float = 0.0


GIVE_UP = Decision("give_up")


def decide(error: ChalkstreamError, *, attempts: int, waits: int, age: float) -> Decision:
    """``attempts`` that failed so far, this one included; ``waits`` for a service; ``age`` of the item in seconds."""
    if isinstance(error, BadInput | Cancelled | TriedEnough):
        return GIVE_UP
    if isinstance(error, Unavailable):
        return (
            Decision("again", min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(waits, DOUBLINGS)))
            if age < AGE_LIMIT
            else GIVE_UP
        )
    return Decision("again", FIRST_DELAY) if attempts < ATTEMPTS else GIVE_UP


@dataclass
class Pause:
    """When a stage begins something again after a service was found away: later each time, soon after a success.

    A stage waits for its service, an item for itself: one that alone can't be served must not hold up the others.
    """

    until: float = 0.0
    _rounds: int = 0

    def away(self, now: float) -> None:
        """An item found a service away; those that find it so meanwhile change nothing."""
        if now >= self.until:
            self.until = now + min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(self._rounds, DOUBLINGS))
            self._rounds += 1

    def well(self) -> None:
        """An item ended well."""
        self._rounds = 0
