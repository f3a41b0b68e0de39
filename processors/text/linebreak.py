"""How the text of one cue is broken into lines: one line if it fits, else the most readable few.

Readable is: broken where a phrase ends, of even length, and rather a short line above a long one than the other
way round (Netflix, BBC and TED guides agree; ``phrases`` has the costs of places).
"""

from collections.abc import Sequence
from functools import cached_property
from math import inf
from typing import Final

from processors.text.atoms import Atom

UNEVEN: Final = 0.6
"""Cost of a pair of lines of which one is empty, against 1 for a break inside a phrase."""
TOP_HEAVY: Final = 0.25
"""What a longer upper line costs beyond that."""


class Measure:
    """Widths of runs of atoms in O(1). Runs are given as first and last index, inclusive."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self.atoms = atoms
        self.begins: list[int] = []
        self.ends: list[int] = []
        position = 0
        for atom in atoms:
            begin = position + atom.blank
            position = begin + len(atom.text)
            self.begins.append(begin)
            self.ends.append(position)

    @cached_property
    def costs(self) -> list[float]:
        """Of a break behind each atom."""
        return [atom.cost for atom in self.atoms]

    def width(self, first: int, last: int) -> int:
        """Characters of the run in one line."""
        return self.ends[last] - self.begins[first]

    def text(self, first: int, last: int) -> str:
        """The run as one line."""
        words = self.atoms[first : last + 1]
        return "".join(" " * (atom.blank and index > 0) + atom.text for index, atom in enumerate(words))


def best_breaks(measure: Measure, first: int, last: int, *, width: int, lines: int) -> tuple[float, tuple[int, ...]]:
    """The cost of breaking the run into at most ``lines`` lines of ``width``, and the atoms that lines end with.

    ``inf`` if it does not fit. The last line's end is not listed.
    """
    if measure.width(first, last) <= width:
        return 0.0, ()
    if lines == 1:
        return inf, ()
    best: tuple[float, tuple[int, ...]] = inf, ()
    room = (lines - 1) * (width + 1)
    for end in range(last - 1, first - 1, -1):
        below = measure.ends[last] - measure.begins[end + 1]
        if below > room:
            break
        above = measure.ends[end] - measure.begins[first]
        if above > width:
            continue
        cost, ends = measure.costs[end], tuple[int, ...]()
        if below > width:
            rest, ends = best_breaks(measure, end + 1, last, width=width, lines=lines - 1)
            cost += rest
        longer = above - below / (len(ends) + 1)
        cost += (UNEVEN * abs(longer) + TOP_HEAVY * max(0.0, longer)) / width
        if cost < best[0]:
            best = cost, (end, *ends)
    return best


def break_lines(measure: Measure, first: int, last: int, *, width: int, lines: int) -> tuple[str, ...]:
    """The run's lines; the run fits."""
    _, ends = best_breaks(measure, first, last, width=width, lines=lines)
    starts = [first, *(end + 1 for end in ends)]
    return tuple(measure.text(start, end) for start, end in zip(starts, [*ends, last], strict=True))
