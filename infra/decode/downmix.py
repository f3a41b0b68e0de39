"""Two channels become one without losing a voice to phase.

Rule: per block of 1 s on the output's own grid, the mean of both channels, unless its energy is below ``CANCELLED``
of the louder channel's (antiphase leaves about 0; one silent channel leaves 0.25); then the louder channel alone.
A block quieter than ``QUIET`` keeps the choice before it; back to the mean only after ``CALM`` blocks that would
allow it, so that a voice near the edge is not switched to and fro. A change is faded over 10 ms. Same input, same
output.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    Pcm = np.ndarray[tuple[int, ...], np.dtype[np.float32]]

BLOCK, FADE = 16_000, 160
CANCELLED, QUIET, CALM = 0.05, 1e-9, 5
MEAN, LEFT, RIGHT = "mean", "left", "right"
WEIGHTS = {MEAN: (0.5, 0.5), LEFT: (1.0, 0.0), RIGHT: (0.0, 1.0)}


def choose(left: "Pcm", right: "Pcm", before: str) -> str:
    """Which of mean, left and right carries this block."""
    energy_left, energy_right = float(np.mean(left**2)), float(np.mean(right**2))
    loudest = max(energy_left, energy_right)
    if loudest < QUIET:
        return before
    if float(np.mean(((left + right) / 2) ** 2)) >= CANCELLED * loudest:
        return MEAN
    return LEFT if energy_left >= energy_right else RIGHT


class Downmix:
    """Carries the choice from block to block."""

    def __init__(self) -> None:
        self._choice, self._calm, self._begun = MEAN, 0, False

    def mix(self, stereo: "Pcm") -> "Pcm":
        """One block (2, n) to mono (n,)."""
        left, right = stereo
        before, self._choice = self._choice, self._next(choose(left, right, self._choice))
        mono = _weighted(left, right, self._choice)
        if self._choice != before and self._begun:
            fade = min(FADE, len(mono))
            ramp = np.arange(fade, dtype=np.float32) / np.float32(FADE)
            mono[:fade] = ramp * mono[:fade] + (1 - ramp) * _weighted(left, right, before)[:fade]
        self._begun = True
        return mono

    def _next(self, wanted: str) -> str:
        self._calm = self._calm + 1 if wanted == MEAN else 0
        return self._choice if wanted == MEAN and self._calm < CALM and self._choice != MEAN else wanted


def _weighted(left: "Pcm", right: "Pcm", choice: str) -> "Pcm":
    first, second = WEIGHTS[choice]
    mixed: Pcm = np.float32(first) * left + np.float32(second) * right
    return mixed
