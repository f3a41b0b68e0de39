"""Wall time of ours over the bare model's, and what a user's script takes, all in one run, turn by turn."""

from collections.abc import Callable
from dataclasses import asdict
from statistics import median

from bench import arms, ours
from bench.arms import Run
from bench.audio import talk
from bench.figures.figure import Figure, Lab, judged
from bench.shapes import pack
from bench.statistics import estimate, ratios

WORDS, PEER_ROUNDS = 60, 3


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
    runs = _in_turn({"ours": run_ours, **bare}, peers, lab.rounds)
    return [_ratio(runs, list(bare), len(chunks)), *_peers(runs, peers)]


def _in_turn(
    always: dict[str, Callable[[], Run]], sometimes: dict[str, Callable[[], Run]], rounds: int
) -> dict[str, list[Run]]:
    """Every arm once a round, the order turned by one each round; peers in every other of the rounds."""
    runs: dict[str, list[Run]] = {name: [] for name in (*always, *sometimes)}
    for number in range(rounds):
        names = [*always, *(sometimes if number % 2 and len(runs[next(iter(sometimes))]) < PEER_ROUNDS else ())]
        turn = number % len(names)
        for name in (*names[turn:], *names[:turn]):
            runs[name].append((always | sometimes)[name]())
    return runs


def _ratio(runs: dict[str, list[Run]], bare: list[str], chunks: int) -> Figure:
    best = min(bare, key=lambda name: median(run.seconds for run in runs[name]))
    found = ratios(_seconds(runs["ours"]), _seconds(runs[best]))
    same = {run.digest for name in ("ours", *bare) for run in runs[name]}
    note = f"bare: {best}, {median(_seconds(runs[best])):.2f} s; ours {median(_seconds(runs['ours'])):.2f} s; "
    note += f"{chunks} chunks; "
    note += (
        f"text {'agrees' if len(same) == 1 else 'DIFFERS'}: {', '.join(sorted(same))}, {runs['ours'][0].tokens} tokens"
    )
    raw = {name: [asdict(run) for run in each] for name, each in runs.items()}
    figure = judged("wall over bare model, warm", found, "x", at_most=(1.10, 1.05), note=note, raw=raw)
    return figure if len(same) == 1 else Figure(**{**vars(figure), "verdict": "invalid: the texts differ"})


def _peers(runs: dict[str, list[Run]], peers: dict[str, Callable[[], Run]]) -> list[Figure]:
    found = []
    for name in sorted({name.split(",")[0] for name in peers}):
        done = [each for each in peers if each.startswith(name) and runs[each]]
        if done:
            best = min(done, key=lambda each: median(_seconds(runs[each])))
            shown = estimate([median(_seconds(runs["ours"])) / seconds for seconds in _seconds(runs[best])])
            said = runs[best][0]
            note = f"{best}, {median(_seconds(runs[best])):.2f} s; "
            note += f"{said.windows} segments, {said.tokens} tokens, text {said.digest}"
            found.append(Figure(f"wall of ours over {name}", shown, "x", note=note))
    return found


def _seconds(runs: list[Run]) -> list[float]:
    return [run.seconds for run in runs]
