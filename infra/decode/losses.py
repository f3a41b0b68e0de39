"""The ranges of a track that could not be used. Pure: times in seconds.

Laws: ranges come out in order, joined where they nearly touch, never more than ``MOST``; a track that ends before its
declared end by more than encoders and editors do is lost from there.
"""

from dataclasses import dataclass, field

NEAR_S, MOST = 0.25, 500
SLACK_S, SLACK_PART = 0.5, 0.002
DAMAGED, TRUNCATED = "damaged", "truncated"


@dataclass
class Losses:
    """Collects ranges while a track is decoded."""

    _ranges: list[tuple[float, float]] = field(default_factory=list)

    def add(self, start: float, end: float) -> None:
        """This was damaged."""
        start, end = max(0.0, start), max(0.0, end)
        if self._ranges and (start - self._ranges[-1][1] < NEAR_S or len(self._ranges) >= MOST):
            first, last = self._ranges[-1]
            self._ranges[-1] = (min(first, start), max(last, end))
        elif end > start:
            self._ranges.append((start, end))

    def open_at(self, reached: float) -> bool:
        """Is the end of what was decoded damaged?"""
        return bool(self._ranges) and self._ranges[-1][1] >= reached

    def closed(self, reached: float, declared: float | None) -> list[tuple[float, float, str]]:
        """All ranges with their reasons, for a track that was decoded up to ``reached``."""
        cut = declared is not None and declared - reached > max(SLACK_S, SLACK_PART * declared)
        kept = [span for span in self._ranges if not cut or span[0] < reached - NEAR_S]
        tail = [(reached, declared, TRUNCATED)] if cut and declared is not None else []
        return [(start, end, DAMAGED) for start, end in kept] + tail
