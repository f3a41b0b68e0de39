"""What a figure is, and where it is measured."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.statistics import Estimate, verdict


@dataclass(frozen=True)
class Figure:
    """``bound`` and ``aim``: what is asked for, what is hoped for. ``verdict`` is empty where nothing was asked for."""

    name: str
    found: Estimate
    unit: str
    bound: str = ""
    aim: str = ""
    verdict: str = ""
    reaches_aim: str = ""
    note: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


def judged(
    name: str, found: Estimate, unit: str, *, at_most: tuple[float, float] | None = None,
    at_least: tuple[float, float] | None = None, note: str = "", raw: dict[str, Any] | None = None,
) -> Figure:  # fmt: skip
    """A figure with its bound and aim, as (bound, aim)."""
    limits = at_most or at_least
    assert limits is not None
    sign = "≤" if at_most else "≥"
    side = "at_most" if at_most else "at_least"
    return Figure(
        name, found, unit, bound=f"{sign} {limits[0]:g}", aim=f"{sign} {limits[1]:g}",
        verdict=verdict(found, **{side: limits[0]}), reaches_aim=verdict(found, **{side: limits[1]}),
        note=note, raw=raw or {},
    )  # fmt: skip


@dataclass(frozen=True)
class Lab:
    """``cache`` keeps models and media between runs; ``rounds`` where a ratio is judged; ``seconds`` of talk;
    ``tell``: progress, for who waits."""

    cache: Path
    rounds: int = 7
    seconds: float = 300.0
    quick: bool = False
    tell: Callable[[str], None] = lambda _: None

    @property
    def models(self) -> Path:
        """Where the true-shape models stand."""
        return self.cache / "models"

    @property
    def media(self) -> Path:
        """Where the talks stand."""
        return self.cache / "media"
