"""Where decoded audio stands on the media clock. Pure: times in seconds go in, corrections come out.

Laws: a frame continues the one before it unless its time says otherwise beyond doubt, so jitter never inserts or
drops a sample. ``GAP_S`` apart is a gap or an overlap at once; a smaller difference counts when it stays on one side
of ``DRIFT_S`` for ``DRIFT_AFTER_S`` of audio (a clock that drifts, a packet that was lost), and is then corrected by
its smallest value. A clock that jumps back by more than ``RESET_S``, or ahead by more than its format ever would
(``most_ahead``), has been set anew: audio continues.
"""

from dataclasses import dataclass
from math import inf

RATE = 16_000
GAP_S, DRIFT_S, DRIFT_AFTER_S, RESET_S, AFTER_DAMAGE_S = 0.080, 0.004, 0.5, 1.0, 0.002
"""Matroska and FLV round to 1 ms; browsers' recorders stamp packets of 20-60 ms some ms early or late."""


@dataclass
class Timeline:
    """The clock of one track, in seconds; ``origin`` is the container's time that a player shows as 0."""

    origin: float = 0.0
    most_ahead: float = inf
    end: float | None = None
    resets: int = 0
    _leaning: float = 0.0
    _least: float = 0.0
    _damaged: bool = False

    def place(self, time: float | None, seconds: float) -> float | None:
        """The media time at which a frame of this length starts anew, or None where it continues the last one."""
        moved = self._first(time) if self.end is None else self._moved(time, seconds, self.end)
        start = moved if moved is not None else self.end or 0.0
        self.end = start + seconds
        return moved

    def damaged(self) -> None:
        """Packets were lost here: the next frame's time is believed."""
        self._damaged = True

    def _first(self, time: float | None) -> float:
        return 0.0 if time is None else time - self.origin

    def _moved(self, time: float | None, seconds: float, end: float) -> float | None:
        if time is None:
            return None
        apart, limit = time - self.origin - end, AFTER_DAMAGE_S if self._damaged else GAP_S
        self._damaged = False
        if not -RESET_S <= apart <= self.most_ahead:
            self.origin, self.resets = self.origin + apart, self.resets + 1
            return None
        if abs(apart) < limit:
            return self._drifted(apart, seconds, end)
        self._leaning = 0.0
        return end + apart

    def _drifted(self, apart: float, seconds: float, end: float) -> float | None:
        if abs(apart) <= DRIFT_S:
            self._leaning = 0.0
            return None
        if not self._leaning or apart * self._least < 0:
            self._leaning, self._least = 0.0, apart
        self._least = min(self._least, apart, key=abs)
        self._leaning += seconds
        if self._leaning < DRIFT_AFTER_S:
            return None
        self._leaning = 0.0
        return end + self._least
