"""When each cue is shown: from its speech, moved a little where that makes it readable.

Always: start < end, no overlap, a gap of ``min_gap`` or none, nothing past the media. As far as the speech
allows: the profile's durations and reading speed. A cue may stay ``LINGER`` after its speech, and may come up to
``Slack.early`` before or ``Slack.late`` after its first word, but does so only where a limit would be broken else;
the least moving that keeps most limits is found by dynamic programming. All times are whole milliseconds.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, inf
from typing import Final, NamedTuple

from processors.text.segmentation import LINGER
from schemas.cues import Profile

FRAME: Final = 40
"""The least that a cue is shown, whatever the input: one frame at 25 frames a second."""
CLOSE: Final = 500
"""A gap up to this is closed to ``min_gap``, and a cue stays so long after its speech where nothing follows
(Netflix Subtitle Timing Guidelines, 1: half a second)."""
MOVED: Final = 0.2
"""What moving a start by a second costs, in broken limits; early costs double, it gives things away."""


class Slack(NamedTuple):
    """How far a cue's start may leave its first word, in milliseconds."""

    early: int
    late: int
    step: int


class Spoken(NamedTuple):
    """The speech that a cue shows, and how much there is to read."""

    start: int
    end: int
    characters: int


def schedule(
    spoken: Sequence[Spoken], profile: Profile, *, speed: float, media_end: int, slack: Slack
) -> list[tuple[int, int]]:
    """Start and end of each cue. Where not even a millisecond each is left, the last ones are dropped."""
    spoken = spoken[: max(0, media_end)]
    if not spoken:
        return []
    frame = min(FRAME, media_end // len(spoken))
    anchors = _anchors(spoken, media_end, frame)
    ease = _Ease(profile, speed, media_end)
    starts = _best_starts(spoken, anchors, ease, slack, frame)
    return [
        (start, ease.end(cue, start, after))
        for cue, start, after in zip(spoken, starts, [*starts[1:], None], strict=True)
    ]


def _anchors(spoken: Sequence[Spoken], media_end: int, frame: int) -> list[int]:
    """Starts next to the speech, at least ``frame`` apart and from the end: a schedule that is always possible."""
    forth: list[int] = []
    for cue in spoken:
        forth.append(max(cue.start, forth[-1] + frame if forth else 0))
    back: list[int] = []
    for start in reversed(forth):
        back.append(min(start, (back[-1] if back else media_end) - frame))
    return back[::-1]


class _Ease(NamedTuple):
    """The profile's limits in milliseconds."""

    profile: Profile
    speed: float
    media_end: int

    def needed(self, cue: Spoken) -> int:
        """How long the cue should be shown at least."""
        return max(round(self.profile.min_duration * 1000), ceil(cue.characters * 1000 / self.speed))

    def end(self, cue: Spoken, start: int, after: int | None) -> int:
        """When the cue goes, if the next one comes at ``after``."""
        gap, longest = round(self.profile.min_gap * 1000), start + round(self.profile.max_duration * 1000)
        heard = max(cue.end, start)
        enough = min(start + self.needed(cue), heard + LINGER)
        end = min(max(heard + CLOSE, enough), longest, self.media_end if after is None else after)
        if after is None or after - end >= max(gap, CLOSE):
            return end
        closed = after - gap
        if closed >= longest:
            return longest
        return closed if closed >= enough or after > longest else after

    def unmet(self, cue: Spoken, start: int, after: int | None) -> float:
        """How badly the cue misses its limits, 0 if it does not."""
        limit = self.media_end if after is None else after
        shown, needed = min(limit, max(cue.end, start) + LINGER) - start, self.needed(cue)
        return 0.0 if shown >= needed else 2 * needed / max(shown, 1) - 1


def _best_starts(spoken: Sequence[Spoken], anchors: Sequence[int], ease: _Ease, slack: Slack, frame: int) -> list[int]:
    """The starts with the least broken limits and the least moving, over steps of ``slack`` around the anchors."""
    offsets = range(-slack.early, slack.late + 1, slack.step)
    choices = [[a + o for o in offsets if 0 <= a + o <= ease.media_end - frame] for a in anchors]
    costs = [_moved(start - anchors[0]) for start in choices[0]]
    come_from: list[list[int]] = []
    for number, (befores, starts) in enumerate(pairwise(choices)):
        found = [
            min(
                (
                    (cost + ease.unmet(spoken[number], before, start), index)
                    for index, (cost, before) in enumerate(zip(costs, befores, strict=True))
                    if start - before >= frame
                ),
                default=(inf, 0),
            )
            for start in starts
        ]
        costs = [cost + _moved(start - anchors[number + 1]) for (cost, _), start in zip(found, starts, strict=True)]
        come_from.append([index for _, index in found])
    last = [cost + ease.unmet(spoken[-1], start, None) for cost, start in zip(costs, choices[-1], strict=True)]
    path = [last.index(min(last))]
    for indices in reversed(come_from):
        path.append(indices[path[-1]])
    return [starts[index] for starts, index in zip(choices, reversed(path), strict=True)]


def _moved(offset: int) -> float:
    return MOVED * abs(offset) / 1000 * (2 if offset < 0 else 1)
