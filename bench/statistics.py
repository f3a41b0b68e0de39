"""Numbers about numbers: medians with intervals, slopes, verdicts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, log
from statistics import fmean, median
from typing import Final

CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value and the interval it lies in; ``values``: what it was taken from, in the order of measuring."""

    value: float
    low: float
    high: float
    values: tuple[float, ...] = ()


def exactly(value: float) -> Estimate:
    """What was measured once and does not vary."""
    return Estimate(value, value, value, (value,))


def estimate(values: Sequence[float]) -> Estimate:
    """The median and its distribution-free interval: order statistics whose cover is at least ``CONFIDENCE``.

    Fewer than six values do not reach it; then the interval is their range.
    """
    ordered, count = sorted(values), len(values)
    cut = max((k for k in range(count // 2 or 1) if 1 - 2 * _tail(count, k) >= CONFIDENCE), default=0)
    return Estimate(median(ordered), ordered[cut], ordered[count - 1 - cut], tuple(values))


def _tail(count: int, k: int) -> float:
    """The chance that at most ``k`` of ``count`` fair coins show heads."""
    return sum(comb(count, i) for i in range(k + 1)) / 2.0**count


def ratios(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """The median of paired ratios."""
    return estimate([a / b for a, b in zip(above, below, strict=True)])


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of the line of least squares."""
    x, y = fmean(xs), fmean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def log_slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The exponent of the power law through the points."""
    return slope([log(x) for x in xs], [log(y) for y in ys])


def verdict(found: Estimate, *, at_most: float | None = None, at_least: float | None = None) -> str:
    """``met``, ``missed``, or ``not resolved`` where the interval contains a bound."""
    low, high = at_least, at_most
    if (low is not None and found.low < low <= found.high) or (high is not None and found.low <= high < found.high):
        return "not resolved"
    missed = (low is not None and found.high < low) or (high is not None and found.low > high)
    return "missed" if missed else "met"
