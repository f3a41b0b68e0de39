"""Which words share a cue: the cheapest way to cut the whole text, found by dynamic programming.

A cut costs more the less it is a phrase's end; a cue costs more when the speech leaves it too little time to be
read, when it is short, when it shows words long before they are spoken, or runs on into another sentence. Every
run that fits the lines is a candidate, so the hard limits always hold; the best whole is deterministic, in time
linear in the text. Costs are in cues: a cue more costs 1.
"""

from itertools import accumulate
from math import inf
from typing import Final

from processors.text.linebreak import Measure, best_breaks
from schemas.cues import Profile

CUT: Final = 4.0
"""Weight of ``phrases``' cost at the end of a cue: a cut inside a phrase is worth some cues more."""
LINE: Final = 1.2
"""Weight of a cue's line breaks."""
RUN_ON: Final = 1.2
"""A sentence's end inside a cue: a little more than a cue of its own (BBC 3.2, TED: one sentence each)."""
SCRAP: Final = 1.5
"""Beyond that, a sentence that begins or ends elsewhere (TED: no bit of the next sentence)."""
SILENCE: Final = 2.0
"""A second of pause inside a cue beyond ``SILENCE_FREE``: words are shown before they are spoken."""
SILENCE_FREE: Final = 700
UNMET: Final = 4.0
"""A broken limit of the profile; as much again for each doubling."""
FLASH: Final = 1500
"""Milliseconds under which a cue flashes; each second less costs 1."""
LINGER: Final = 1500
"""Milliseconds that a cue may stay after its speech (BBC Subtitle Guidelines 5.2)."""


def segment(measure: Measure, profile: Profile, speed: float, media_end: int) -> list[tuple[int, int]]:
    """The runs of atoms (first, last) that make the cues; ``speed`` in characters a second."""
    if not measure.atoms:
        return []
    best, begins = [0.0], list[int]()
    price = _Price(measure, profile, speed, media_end)
    room = profile.max_lines * (profile.max_line_characters + 1)
    low = 0
    for last in range(len(measure.atoms)):
        while measure.ends[last] - measure.begins[low] > room:
            low += 1
        least, begin = inf, last
        for first in range(last, low - 1, -1):
            if best[first] + 1.0 < least and (cost := best[first] + price.time(first, last)) < least:
                cost += price.lines(first, last)
                if cost < least:
                    least, begin = cost, first
        best.append(least + CUT * measure.costs[last])
        begins.append(begin)
    return _runs(begins)


def _runs(begins: list[int]) -> list[tuple[int, int]]:
    """The chosen runs, followed back from the end."""
    runs = []
    last = len(begins) - 1
    while last >= 0:
        runs.append((begins[last], last))
        last = begins[last] - 1
    return runs[::-1]


class _Price:
    """What a cue costs, with all that can be known beforehand worked out once."""

    def __init__(self, measure: Measure, profile: Profile, speed: float, media_end: int) -> None:
        self.measure, self.profile, self.speed = measure, profile, speed
        self.shortest, self.longest = profile.min_duration * 1000, profile.max_duration * 1000
        self.starts = [atom.start for atom in measure.atoms]
        nexts = [*self.starts[1:], media_end]
        self.ends = [atom.end for atom in measure.atoms]
        self.limits = [min(after, end + LINGER) for after, end in zip(nexts, self.ends, strict=True)]
        inner = [
            RUN_ON * (cost == 0) + SILENCE * max(0, after - end - SILENCE_FREE) / 1000
            for cost, after, end in zip(measure.costs, nexts, self.ends, strict=True)
        ]
        self.inner = list(accumulate(inner, initial=0.0))
        self.ended = list(accumulate((cost == 0 for cost in measure.costs), initial=0))

    def time(self, first: int, last: int) -> float:
        """Of the cue itself (1), of what its time leaves to wish, and of what it joins; never less than 1."""
        start = self.starts[first]
        shown = min(self.limits[last] - start, self.longest)
        cost = 1.0 + self.inner[last] - self.inner[first]
        if self.ended[last] > self.ended[first]:
            whole = (first == 0 or self.measure.costs[first - 1] == 0) + (self.measure.costs[last] == 0)
            cost += SCRAP * (2 - whole)
        if shown < FLASH:
            cost += (FLASH - shown) / 1000
            if shown < self.shortest:
                cost += UNMET * (2 - shown / self.shortest)
        needed = self.measure.width(first, last) * 1000 / self.speed
        if needed > shown:
            cost += UNMET * min(needed / shown if shown > 0 else inf, 9.0)
        if self.ends[last] - start > self.longest:
            cost += UNMET * (self.ends[last] - start) / self.longest
        return cost

    def lines(self, first: int, last: int) -> float:
        """Of the lines."""
        cost, _ = best_breaks(
            self.measure, first, last, width=self.profile.max_line_characters, lines=self.profile.max_lines
        )
        return LINE * cost
