"""``python -m bench``: everything but the hours of audio; ``long``: those; ``quick``: a smoke run with small models.

Results go to ``bench/out/results.json`` and ``results.svg`` beside it; models and talks are made once, there too.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from bench import machine, picture, table
from bench.figures import cues, demo, memory, start, translation, wall
from bench.figures.figure import Figure, Lab

OUT = Path(__file__).parent / "out"
TEN_MINUTES, HOUR = 600.0, 3600.0
Measure = Callable[[Lab], list[Figure]]

ALL: dict[str, Measure] = {
    "start": start.measure,
    "demo": demo.measure,
    "wall": wall.measure,
    "translation": translation.measure,
    "cues": lambda lab: cues.measure(lab, (TEN_MINUTES,), rounds=lab.rounds),
    "memory": lambda lab: memory.measure(lab, (TEN_MINUTES,)),
}
LONG: dict[str, Measure] = {
    "cues": lambda lab: cues.measure(lab, (TEN_MINUTES, HOUR, 3 * HOUR), rounds=lab.rounds),
    "memory": lambda lab: memory.measure(lab, (TEN_MINUTES, HOUR, 3 * HOUR)),
}
QUICK: dict[str, Measure] = {
    "start": start.measure,
    "wall": wall.measure,
    "cues": lambda lab: cues.measure(lab, (lab.seconds,), rounds=1),
}
COMMANDS = {"all": ALL, "long": LONG, "quick": QUICK}


def main(arguments: Sequence[str]) -> int:
    """Measure, print, keep. The exit code is 1 where a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("command", nargs="?", choices=tuple(COMMANDS), default="all")
    parser.add_argument("--only", action="append", help="a group of figures: " + ", ".join(ALL))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--rounds", type=int)
    asked = parser.parse_args(arguments)
    quick = asked.command == "quick"
    lab = Lab(
        OUT, rounds=asked.rounds or (1 if quick else 7), seconds=60.0 if quick else 300.0, quick=quick, tell=_tell
    )
    groups = {
        name: measure for name, measure in COMMANDS[asked.command].items() if not asked.only or name in asked.only
    }
    figures = _measure(lab, groups, asked.out / "results.json")
    (asked.out / "results.svg").write_text(picture.draw(figures, _title()), "utf-8")
    sys.stdout.write(f"\n{table.text(figures)}\n")
    return int(any(figure.verdict.startswith(("missed", "invalid")) for figure in figures))


def _tell(line: str) -> None:
    sys.stderr.write(f"  {line}\n")


def _measure(lab: Lab, groups: dict[str, Measure], results: Path) -> list[Figure]:
    kept: list[Figure] = []
    for name, measure in groups.items():
        before, began = machine.facts(), perf_counter()
        kept = table.write(results, before, measure(lab))
        sys.stderr.write(f"{name}: {perf_counter() - began:.0f} s, load before it {before['load'][0]:.1f}\n")
    return kept


def _title() -> str:
    facts = machine.facts()
    ours = f"Chalkstream {facts['versions']['chalkstream']}"
    return f"{ours} on {facts['cores']} cores of {facts['processor']}, {facts['when'][:10]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
