"""How conversations begin: what a batch has in common is read once, and what comes again is kept. Pure.

A model's state after a prompt is large (14 layers of width 768: 86 kB a token) and CTranslate2 never forgets one that
it was told to keep; so only openings that come again are kept, and only as many as fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

FEWEST: Final = 16
"""Tokens: to read fewer apart costs more than it saves."""
BUDGET: Final = 2_048
"""Tokens of all kept openings of one model."""
REMEMBERED: Final = 256


def common(prompts: Sequence[Sequence[int]], shared: Sequence[int]) -> tuple[int, ...]:
    """The opening of all ``prompts``, of which ``shared`` tokens each may be one; none if they begin unlike.

    Every prompt goes on after it.
    """
    most = min([*shared, *(len(prompt) - 1 for prompt in prompts)], default=0)
    if most < FEWEST:
        return ()
    first = tuple(prompts[0][:most])
    return first if all(tuple(prompt[:most]) == first for prompt in prompts) else ()


@dataclass
class Kept:
    """Which openings are kept. ``worth`` is asked once per batch, by any thread: at worst one too many is kept."""

    budget: int = BUDGET
    _kept: set[tuple[int, ...]] = field(default_factory=set)
    _seen: dict[tuple[int, ...], None] = field(default_factory=dict)

    def worth(self, opening: tuple[int, ...]) -> bool:
        """Whether it is kept, from its second coming on, while there is room."""
        if opening in self._kept or not opening:
            return bool(opening)
        if opening not in self._seen:
            self._seen[opening] = None
            if len(self._seen) > REMEMBERED:
                self._seen.pop(next(iter(self._seen)), None)
            return False
        if sum(map(len, self._kept)) + len(opening) > self.budget:
            return False
        self._kept.add(opening)
        return True
