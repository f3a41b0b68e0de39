"""Peak memory of the process tree and wall time against length; the script beside ours, to an hour."""

import sys
from pathlib import Path

from bench.audio import talk
from bench.figures.cues import shown_length
from bench.figures.figure import Figure, Lab, judged
from bench.processes import Watched, watch
from bench.shapes import pack
from bench.statistics import estimate, exactly, log_slope, slope

SCRIPT_SECONDS = 3600.0
"""What a script holds grows by gigabytes an hour: the first one tells."""


def measure(lab: Lab, lengths: tuple[float, ...]) -> list[Figure]:
    """Each length once per arm (the shortest three times: a second counts there)."""
    packed = pack(lab.models, asr="tiny", words=8)
    media = {length: talk(lab.media, length) for length in lengths}
    repeats = {length: 3 if length == min(lengths) else 1 for length in lengths}
    arms = {"ours": lengths, "script": tuple(length for length in lengths if length <= SCRIPT_SECONDS)}
    seen = {
        (arm, length): [_run(lab, arm, media[length], packed) for _ in range(repeats[length])]
        for length in lengths for arm in arms if length in arms[arm]
    }  # fmt: skip
    figures = [_peaks(arm, those, seen) for arm, those in arms.items()]
    return [*figures, _wall(lengths, seen)] if len(lengths) > 1 else figures


def _run(lab: Lab, arm: str, media: Path, packed: Path) -> Watched:
    seen = watch([sys.executable, "-m", "bench.long", arm, str(media), str(packed)])
    if seen.code or not seen.said:
        raise RuntimeError(f"the arm {arm} ended with {seen.code}")
    lab.tell(f"{arm}, {media.stem}: {seen.seconds:.1f} s, {seen.peak:.0f} MB")
    return seen


def _peaks(arm: str, lengths: tuple[float, ...], seen: dict[tuple[str, float], list[Watched]]) -> Figure:
    peaks = [estimate([run.peak for run in seen[arm, length]]).value for length in lengths]
    first = [seen[arm, length][0].first("first") - seen[arm, length][0].first("loaded") for length in lengths]
    shown = ", ".join(f"{shown_length(length)}: {peak:.0f} MB" for length, peak in zip(lengths, peaks, strict=True))
    shown += "; first text after " + ", ".join(f"{seconds:.1f} s" for seconds in first)
    raw = {shown_length(length): [_facts(run) for run in seen[arm, length]] for length in lengths}
    if len(lengths) == 1:
        return Figure(f"peak memory, {arm}", exactly(peaks[0]), "MB", note=shown, raw=raw)
    found = exactly(slope([length / 3600 for length in lengths], peaks))
    name = f"peak memory of the process tree per hour, {arm}"
    if arm == "ours":
        return judged(name, found, "MB/h", at_most=(40.0, 20.0), note=shown, raw=raw)
    return Figure(name, found, "MB/h", note=shown, raw=raw)


def _facts(run: Watched) -> dict[str, object]:
    return {"peak_mb": run.peak, "seconds": run.seconds, "said": run.said}


def _wall(lengths: tuple[float, ...], seen: dict[tuple[str, float], list[Watched]]) -> Figure:
    walls = [estimate([run.said[-1][1]["seconds"] for run in seen["ours", length]]).value for length in lengths]
    found = exactly(abs(log_slope(lengths, walls) - 1.0))
    note = f"exponent {log_slope(lengths, walls):.3f}; " + ", ".join(
        f"{shown_length(length)}: {wall:.1f} s" for length, wall in zip(lengths, walls, strict=True)
    )
    return judged("wall against length, exponent from 1", found, "", at_most=(0.05, 0.03), note=note)
