"""When the first cue is there, from the start of the program, at several lengths: it must not depend on the length."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from bench import ours
from bench.audio import talk
from bench.figures.figure import Figure, Lab, judged
from bench.processes import Watched, chalkstream, watch
from bench.shapes import pack
from bench.statistics import Estimate, estimate, slope
from schemas.events import BlockTranslated, SpeechTranscribed

SEEN, TRANSLATED = SpeechTranscribed.wire_type(), BlockTranslated.wire_type()
WAYS = {"language given": "en", "language auto": "auto"}
ALLOWED = (2.0, 2.0)
SLOPE = (0.1, 0.1)


@dataclass(frozen=True)
class First:
    """Seconds from the start of the program to the first recognised and the first translated text in the journal."""

    cue: float
    translated: float


def measure(lab: Lab, lengths: tuple[float, ...], rounds: int) -> list[Figure]:
    """``lengths`` in seconds of talk. The allowance is 2 s and the model's own time for what comes first."""
    packed = pack(lab.models, asr="tiny", words=8, mt="micro")
    media = {length: talk(lab.media, length) for length in lengths}
    model = _model_seconds(packed, media[lengths[0]])
    taken: dict[tuple[str, float], list[First]] = {(way, length): [] for way in WAYS for length in lengths}
    for number in range(rounds):
        for way, language in WAYS.items():
            for length in lengths:
                taken[way, length].append(_first(media[length], packed, language))
                lab.tell(f"round {number + 1}, {shown_length(length)}, {way}: {taken[way, length][-1]}")
    figures = [_figure(way, length, taken[way, length], model[way]) for way, length in taken]
    return figures + [
        _slope(what, way, lengths, taken) for way in WAYS for what in ("cue", "translated") if len(lengths) > 1
    ]


def _first(media: Path, packed: Path, language: str) -> First:
    with TemporaryDirectory(prefix="chalkstream-bench-") as scratch:
        seen = watch(
            chalkstream("run", media, "--to", "fr", "--source-language", language, "--models", packed, "--json",
                        "--store", f"{scratch}/store", "--out", f"{scratch}/out"),
            until=lambda found: found.first(TRANSLATED) < float("inf"), memory=False,
        )  # fmt: skip
        return First(_cue(seen), seen.first(TRANSLATED))


def _cue(seen: Watched) -> float:
    return seen.first(SEEN, lambda line: bool(line["data"]["segments"]))


def _model_seconds(packed: Path, media: Path) -> dict[str, float]:
    """The engine's own time for the first chunk, and for a language window: what the allowance adds."""
    engines = ours.warm(packed)
    with ours.finished(media, packed, engines) as ended:
        chunk = ended.chunks()[0]
    model: Any = engines.recogniser()
    spans = [(0.0, len(chunk) / 16_000)]
    one = estimate([_timed(lambda: model.recognise(chunk, "en", spans)) for _ in range(5)]).value
    windows = estimate([_timed(lambda: model.languages_of(chunk)) for _ in range(5)]).value
    return {"language given": one, "language auto": one + windows}


def _timed(act: Any) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


def _figure(way: str, length: float, taken: list[First], model: float) -> Figure:
    cue = estimate([first.cue for first in taken])
    beyond = Estimate(cue.value - model, cue.low - model, cue.high - model, cue.values)
    note = f"{cue.value:.2f} s from the start of the program, less {model:.2f} s of the model's; first translated cue "
    note += f"{estimate([first.translated for first in taken]).value:.2f} s"
    raw = {"model_seconds": model, "runs": [vars(first) for first in taken]}
    return judged(f"first cue, {shown_length(length)}, {way}", beyond, "s", at_most=ALLOWED, note=note, raw=raw)


def _slope(what: str, way: str, lengths: tuple[float, ...], taken: dict[tuple[str, float], list[First]]) -> Figure:
    """Per round one line through the lengths, in seconds per hour of audio."""
    hours = [length / 3600 for length in lengths]
    rounds = range(len(taken[way, lengths[0]]))
    found = estimate([slope(hours, [getattr(taken[way, length][n], what) for length in lengths]) for n in rounds])
    name = "first cue" if what == "cue" else "first translated cue"
    return judged(f"{name}, slope with length, {way}", found, "s/h", at_most=SLOPE)


def shown_length(seconds: float) -> str:
    """As people say it."""
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds / 60:g} min"
