"""Who runs next, with whom, and when a running batch is broken off to take others in. Pure: seats and seconds in.

Whoever has waited longest opens the batch; who samples alike and has a prompt of like length joins, those already
begun first, then one of each tenant in turn. A batch that runs is broken off when those who wait bring more work
than is lost (all tokens so far are read anew), or when one of them has waited long enough; but not before it has spoken
for as long as it read, or those who come keep those who are there from ever getting on.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

SPREAD: Final = 256
"""CTranslate2 reads the prompts of a batch at once as far as the shortest goes, and the rest token by token."""
GAIN: Final = 2.0
PATIENCE: Final = 0.5
"""Seconds a request waits for a batch that has room; reading 64 prompts of 20 tokens anew costs a tenth of that."""
FEW: Final = 8
"""A batch is not split among idle models into parts smaller than this (batch 1 to 8 gains 4x, 8 to 64 again 1.6x)."""


@dataclass(frozen=True)
class Seat:
    """``tokens`` that have to be read first, ``room`` for those that may come; ``since`` when it has waited (s)."""

    group: Hashable
    tokens: int
    room: int
    tenant: str
    since: float
    begun: bool = False


def turns(seats: Sequence[Seat]) -> list[int]:
    """Positions in order of their turn: those begun, then round by round one of each tenant, by arrival."""
    rounds: dict[str, int] = {}
    ranked = []
    for at in sorted(range(len(seats)), key=lambda at: (seats[at].since, at)):
        seat = seats[at]
        rank = -1 if seat.begun else rounds.get(seat.tenant, 0)
        rounds[seat.tenant] = rank + 1
        ranked.append((rank, seat.since, at))
    return [at for _, _, at in sorted(ranked)]


def company(seats: Sequence[Seat], *, size: int, budget: int, idle: int = 1) -> list[int]:
    """Positions of the next batch: ``size`` at most, ``budget`` tokens at most, shared among ``idle`` models."""
    if not seats:
        return []
    head = min(range(len(seats)), key=lambda at: (seats[at].since, at))
    alike = [at for at in turns(seats) if at != head and _fit(seats[head], seats[at])]
    share = max(FEW, -(-(1 + len(alike)) // max(1, idle)))
    chosen, left = [head], budget - _weight(seats[head])
    for at in alike:
        if len(chosen) < min(size, share) and _weight(seats[at]) <= left:
            chosen.append(at)
            left -= _weight(seats[at])
    return sorted(chosen, key=lambda at: (seats[at].tokens, at))


def join(
    alive: Sequence[Seat], waiting: Sequence[Seat], *, size: int, now: float, read: float = 0.0, said: float = 0.0
) -> bool:
    """Whether the batch that is left of ``alive`` is broken off for those who wait.

    ``read``: seconds that went by until each of its lines had said something new; ``said``: seconds since.
    """
    if said < read:
        return False
    able = [seat for seat in waiting if len(alive) < size or seat.group != alive[0].group]
    if not able or not alive:
        return False
    gained = sum(seat.tokens for seat in able if _fit(alive[0], seat))
    return gained >= GAIN * sum(seat.tokens for seat in alive) or now - min(s.since for s in able) >= PATIENCE


def _fit(head: Seat, other: Seat) -> bool:
    return head.group == other.group and abs(head.tokens - other.tokens) <= SPREAD


def _weight(seat: Seat) -> int:
    return seat.tokens + seat.room
