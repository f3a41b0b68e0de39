"""The evaluation table: every figure the pack promises, what was measured, and whether it holds."""

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

Rows = Mapping[str, Mapping[str, float]]
MODELS = ("asr", "mt", "chat", "image")
FROM_ENGLISH = ("en-fr", "en-es", "en-de")
OTHERS = ("fr-en", "es-en", "de-en", "fr-es", "fr-de", "es-fr", "es-de", "de-fr", "de-es")
UNSEEN = "unseen voices, all"


@dataclass(frozen=True)
class Promise:
    """One line of the table: a figure of one model, computed from its rows, and its bound (`at_least` or at most)."""

    model: str
    figure: str
    bound: float
    at_least: bool
    measure: Callable[[Rows], float]

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True)
class Line:
    model: str
    figure: str
    value: float
    bound: str
    holds: bool


def _most(model: str, figure: str, bound: float, measure: Callable[[Rows], float]) -> Promise:
    return Promise(model, figure, bound, False, measure)


def _least(model: str, figure: str, bound: float, measure: Callable[[Rows], float]) -> Promise:
    return Promise(model, figure, bound, True, measure)


PROMISES = (
    _most("asr", "WER on unseen voices, clean and 20 dB noise, %", 8, lambda r: r[UNSEEN]["wer_percent"]),
    _most("asr", "segment start error, median ms", 80, lambda r: r[UNSEEN]["start_median_ms"]),
    _most("asr", "segment start error, p90 ms", 400, lambda r: r[UNSEEN]["start_p90_ms"]),
    _most("asr", "words lost to broken alignment", 0, lambda r: sum(row.get("lost_words", 0) for row in r.values())),
    _most("asr", "words in silence, white noise, music", 0, lambda r: sum(r["without speech"].values())),
    _most("asr", "real-time factor on 2 cores", 0.06, lambda r: r[UNSEEN]["real_time_factor"]),
    *(_least("mt", f"exact {d}, %", 85, lambda r, d=d: r[d]["exact_percent"]) for d in FROM_ENGLISH),  # type: ignore[misc]
    *(_least("mt", f"chrF {d}", 96, lambda r, d=d: r[d]["chrf"]) for d in FROM_ENGLISH),  # type: ignore[misc]
    *(_least("mt", f"chrF {d}", 90, lambda r, d=d: r[d]["chrf"]) for d in OTHERS),  # type: ignore[misc]
    _most("mt", "sentences with no or two targets", 0, lambda r: sum(row["not_one_target"] for row in r.values())),
    _least(
        "mt", "sentences per second on 2 cores", 150, lambda r: min(row["sentences_per_second"] for row in r.values())
    ),
    _least("chat", "exact answers of 120 unseen paraphrases", 120, lambda r: r["unseen paraphrases"]["right"]),
    _least("chat", "outside the glossary: says so, of 50", 45, lambda r: r["outside the glossary"]["right"]),
    _most("chat", "ms per answer", 30, lambda r: max(row["ms_per_answer"] for row in r.values())),
    _least("image", "all three right, of 100 unseen prompts", 85, lambda r: r["unseen prompts"]["right"]),
    _most("image", "seconds per image", 1, lambda r: r["unseen prompts"]["seconds_per_image"]),
)


def evaluate(pack: Path, models: Sequence[str] = MODELS) -> dict[str, Rows]:
    """All rows by model; each model is evaluated by its own module `demo.evaluate_<model>`."""
    return {model: importlib.import_module(f"demo.evaluate_{model}").evaluate(pack) for model in models}


def table(measured: Mapping[str, Rows]) -> list[Line]:
    lines = []
    for promise in PROMISES:
        if promise.model in measured:
            value = float(promise.measure(measured[promise.model]))
            bound = f"{'>=' if promise.at_least else '<='} {promise.bound:g}"
            lines.append(Line(promise.model, promise.figure, value, bound, promise.holds(value)))
    return lines


def render(lines: Sequence[Line]) -> str:
    """As a Markdown table."""
    rows = ["| model | figure | measured | promised | holds |", "|---|---|---|---|---|"]
    rows += [f"| {n.model} | {n.figure} | {n.value:g} | {n.bound} | {'yes' if n.holds else 'NO'} |" for n in lines]
    return "\n".join(rows)


def write(measured: Mapping[str, Rows], path: Path) -> None:
    content = {"table": [asdict(line) for line in table(measured)], "measured": measured}
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
