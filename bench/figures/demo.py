"""What the demo pack makes of the sample lecture: words, translations, marks, and how its cues keep the profile."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import ours
from bench.figures.figure import Figure, Lab, judged
from bench.layout import AFTER, RECORDED, compare, every_84, row
from bench.ours import Finished
from bench.statistics import exactly, verdict
from demo.grammar import normal
from demo.scores import chrf, word_errors
from processors import recipes
from processors.artefacts import load
from processors.assemble import words
from processors.text.compliance import HARD
from processors.text.profiles import profile
from schemas.records import TranscriptEnd, TranslationRecord
from schemas.report import Report
from schemas.transcript import Word

SAMPLE = Path(__file__).parents[2] / "demo" / "sample" / "lecture.mp4"
TARGETS = ("fr", "es", "de")
PROFILE = "edu-default"


def measure(lab: Lab) -> list[Figure]:
    """One run of the demo pack over the sample lecture; its report, its text and its layout."""
    truth = json.loads(SAMPLE.with_suffix(".reference.json").read_text("utf-8"))["sentences"]
    pack = Path("demo")
    with ours.finished(SAMPLE, pack, ours.warm(pack), to=",".join(TARGETS)) as ended:
        report = Report.model_validate_json(
            ended.runner.bench.store.get(recipes.RESULTS, recipes.report_key(ended.plan))
        )
        heard = [word for record in ended.records for word in words(record) or ()]
        made = {target: _translated(ended, target) for target in TARGETS}
    sentences = max(1, sum(len(texts) for texts in made.values()))
    marked = 100 * sum(len(language.marked) for language in report.languages.values()) / sentences
    return [
        _words(truth, heard),
        *(_chrf(truth, target, texts) for target, texts in made.items()),
        judged("marked sentences, demo set", exactly(marked), "%", at_most=(1.0, 0.0), note=f"of {sentences}"),
        *_layout(report, heard),
    ]


def _translated(ended: Finished, target: str) -> list[str]:
    bench, plan = ended.runner.bench, ended.plan
    end = load(bench, recipes.end(recipes.written(plan, "en")), TranscriptEnd) or _only(ended)
    blocks = (
        load(bench, recipes.slot(recipes.translated(plan, "en", target), n), TranslationRecord)
        for n in range(end.blocks)
    )
    return [each.text for block in blocks if block for each in block.translations]


def _only(ended: Finished) -> TranscriptEnd:
    """The end of the transcript of this run, where it stands under the run's own key."""
    key = recipes.of_run(recipes.end(recipes.written(ended.plan, "en")), ended.plan)
    found = load(ended.runner.bench, key, TranscriptEnd)
    assert found is not None
    return found


def _words(truth: list[dict[str, Any]], heard: Sequence[Word]) -> Figure:
    reference = normal(" ".join(sentence["text"]["en"] for sentence in truth))
    errors = word_errors(reference, normal(" ".join(word.text for word in heard)))
    share = 100 * errors / len(reference.split())
    return Figure(
        "word error rate, sample lecture", exactly(share), "%", note=f"{errors} of {len(reference.split())} words"
    )


def _chrf(truth: list[dict[str, Any]], target: str, made: list[str]) -> Figure:
    """Over the whole text at once: recognised sentences need not be those of the script."""
    reference = " ".join(sentence["text"][target] for sentence in truth)
    return Figure(f"chrF, sample lecture, {target}", exactly(chrf([" ".join(made)], [reference])), "")


def _layout(report: Report, heard: Sequence[Word]) -> list[Figure]:
    style = profile(PROFILE)
    plain = row("every 84 characters", every_84(heard, style), style, "en", heard[-1].end + AFTER, 0.0)
    rows = compare(RECORDED, style, show=False)
    recorded = {arm: [one for one in rows if one["arm"] == arm] for arm in ("ours", "every 84 characters")}
    broken = [each.rule for one in report.languages.values() if one.compliance for each in one.compliance.violations]
    hard = sum(one["hard"] for one in recorded["ours"]) + sum(rule in HARD for rule in broken)
    theirs = recorded["every 84 characters"]
    strict = judged("layout: lines, characters, overlap, gap", exactly(hard), "", at_most=(0.0, 0.0))
    fast = judged("layout: speed and duration, recorded", exactly(_share(recorded["ours"])), "%", at_most=(5.0, 1.0))
    slow = f"all languages; too slow a speaker to tell layouts apart: baseline {plain['soft_cues_percent']} %"
    return [
        beside(strict, plain["hard"] + sum(one["hard"] for one in theirs), at_most=0.0),
        judged(
            "layout: speed and duration, sample lecture", exactly(_soft(report)), "%", at_most=(5.0, 1.0), note=slow
        ),
        beside(fast, _share(theirs), at_most=5.0),
    ]


def beside(figure: Figure, baseline: float, *, at_most: float) -> Figure:
    """With the baseline judged by the same bound: where it is no worse than ours, or keeps the bound too, the figure
    tells nothing about ours."""
    told = verdict(exactly(baseline), at_most=at_most)
    figure = replace(figure, note=f"baseline, every 84 characters: {baseline:.3g} {figure.unit}".rstrip() + f", {told}")
    worse = told == "missed" and baseline > figure.found.high
    return figure if worse else replace(figure, verdict="invalid: the baseline is no worse")


def _soft(report: Report) -> float:
    """Cues that break a soft rule, of all languages."""
    cues = sum(language.cues for language in report.languages.values())
    kept = [one.compliance.violations for one in report.languages.values() if one.compliance]
    broken = sum(len({each.cue for each in found if each.rule not in HARD}) for found in kept)
    return 100 * broken / max(1, cues)


def _share(rows: list[dict[str, Any]]) -> float:
    return float(sum(one["soft_cues_percent"] * one["cues"] for one in rows) / sum(one["cues"] for one in rows))
