"""Figures as a table for people and as one JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.figures.figure import Figure

COLUMNS = ("what", "bound", "aim", "measured", "verdict", "aim reached")


def text(figures: Sequence[Figure]) -> str:
    """One line per figure, its note below."""
    rows = [COLUMNS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = []
    for row, note in zip(rows, ["", *(figure.note for figure in figures)], strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        lines += [f"    {note}"] if note else []
    return "\n".join(lines)


def _cells(figure: Figure) -> tuple[str, ...]:
    found = figure.found
    shown = f"{_number(found.value)} {figure.unit}".strip()
    shown += f" [{_number(found.low)}, {_number(found.high)}]" if found.low != found.high else ""
    return (figure.name, figure.bound, figure.aim, shown, figure.verdict, figure.reaches_aim)


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write(path: Path, machine: dict[str, Any], figures: Iterable[Figure]) -> list[Figure]:
    """Keep the results; figures of other commands stay. Returns all that are kept, new ones last known."""
    kept = {one["name"]: one for one in json.loads(path.read_text("utf-8"))["figures"]} if path.exists() else {}
    kept |= {figure.name: asdict(figure) | {"machine": machine} for figure in figures}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"figures": list(kept.values())}, ensure_ascii=False, indent=1), "utf-8")
    return [_figure(one) for one in kept.values()]


def _figure(one: dict[str, Any]) -> Figure:
    from bench.statistics import Estimate

    return Figure(
        **{key: value for key, value in one.items() if key != "machine"}
        | {"found": Estimate(**one["found"] | {"values": tuple(one["found"]["values"])})}
    )
