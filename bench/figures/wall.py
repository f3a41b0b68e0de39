"""Wall time of ours over the bare model's, and what a user's script takes, all in one run, turn by turn."""

from collections.abc import Callable
from dataclasses import asdict, replace
from statistics import median
from typing import Final

from bench import arms, ours
from bench.arms import Run
from bench.audio import talk
from bench.figures.figure import Figure, Lab, judged
from bench.shapes import pack
from bench.statistics import ratios

Arm = Callable[[], Run]
OURS: Final = "ours"
WORDS: Final = 60
CHOOSING: Final = 2
"""Rounds in which every arm runs."""


def measure(lab: Lab) -> list[Figure]:
    """The ratio to the bare model at its best of (2 workers, 1 thread) and (1 worker, 2 threads), and the scripts."""
    packed = pack(lab.models, asr="tiny" if lab.quick else "base", words=8 if lab.quick else WORDS)
    media, engines = talk(lab.media, lab.seconds), ours.warm(packed)

    def run_ours() -> Run:
        with ours.finished(media, packed, engines) as ended:
            return ended.run

    with ours.finished(media, packed, engines) as ended:
        chunks = ended.chunks()
    pairs, single, double = (arms.load(packed / "asr", threads=t, workers=w) for t, w in ((1, 2), (1, 1), (2, 1)))
    bare = {
        "A0, 2 workers of 1 thread": lambda: arms.bare(pairs, chunks, workers=2),
        "A0, 1 worker of 2 threads": lambda: arms.bare(double, chunks, workers=1),
    }
    peers = {
        "A1, 1 thread": lambda: arms.script(single, media), "A1, 2 threads": lambda: arms.script(double, media),
        "A2, 1 thread": lambda: arms.batched(single, media), "A2, 2 threads": lambda: arms.batched(double, media),
    }  # fmt: skip
    runs = _in_turn(lab, run_ours, bare, peers)
    return [*_ratio(runs, list(bare), len(chunks)), *_peers(runs, peers)]


def _in_turn(lab: Lab, run_ours: Arm, bare: dict[str, Arm], peers: dict[str, Arm]) -> dict[str, list[Run]]:
    """All arms in the first rounds, by which the best way to run the bare model is chosen; then ours and that one.

    The order turns by one from round to round.
    """
    arms_of = {OURS: run_ours, **bare, **peers}
    runs: dict[str, list[Run]] = {name: [] for name in arms_of}
    names = list(arms_of)
    for number in range(lab.rounds):
        names = names if number != CHOOSING else [OURS, _best(runs, list(bare))]
        turn = number % len(names)
        for name in (*names[turn:], *names[:turn]):
            runs[name].append(arms_of[name]())
        lab.tell(f"round {number + 1}: " + ", ".join(f"{name} {runs[name][-1].seconds:.2f} s" for name in names))
    return runs


def _best(runs: dict[str, list[Run]], names: list[str]) -> str:
    return min(names, key=lambda name: median(run.seconds for run in runs[name]))


def _ratio(runs: dict[str, list[Run]], bare: list[str], chunks: int) -> list[Figure]:
    most = max(len(runs[name]) for name in bare)
    best = _best(runs, [name for name in bare if len(runs[name]) == most])
    same = {run.digest for name in (OURS, *bare) for run in runs[name]}
    note = f"bare: {best}, {median(_seconds(runs[best])):.2f} s; ours {median(_seconds(runs[OURS])):.2f} s; "
    note += f"{chunks} chunks, {runs[OURS][0].tokens} tokens, "
    note += f"text {'agrees' if len(same) == 1 else 'DIFFERS'}: {', '.join(sorted(same))}"
    raw = {name: [asdict(run) for run in each] for name, each in runs.items()}
    found = ratios(_seconds(runs[OURS]), _seconds(runs[best]))
    figure = judged("wall over bare model, warm", found, "x", at_most=(1.10, 1.05), note=note, raw=raw)
    if len(same) != 1:
        figure = replace(figure, verdict="invalid: the texts differ")
    work = ratios([run.cpu for run in runs[OURS]], [run.cpu for run in runs[best]])
    return [figure, Figure("processor time over bare model, warm", work, "x", note="what other programs disturb least")]


def _peers(runs: dict[str, list[Run]], peers: dict[str, Arm]) -> list[Figure]:
    found = []
    for name in sorted({name.split(",")[0] for name in peers}):
        best = _best(runs, [each for each in peers if each.startswith(name)])
        pairs = ratios(_seconds(runs[OURS][: len(runs[best])]), _seconds(runs[best]))
        said = runs[best][0]
        note = f"{best}, {median(_seconds(runs[best])):.2f} s; "
        note += f"{said.windows} segments, {said.tokens} tokens, text {said.digest}"
        found.append(Figure(f"wall of ours over {name}", pairs, "x", note=note))
    return found


def _seconds(runs: list[Run]) -> list[float]:
    return [run.seconds for run in runs]
