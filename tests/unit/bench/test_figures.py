"""Verdicts that hang on more than a number: the arms' texts, and a baseline that has to be worse."""

from dataclasses import replace

import pytest

from bench.figures.demo import beside
from bench.figures.figure import Figure, judged
from bench.figures.translation import Take, agreement, compared
from bench.statistics import exactly

FIGURE = judged("batched over single", exactly(8.0), "x", at_least=(4.0, 8.0), note="micro")
SINGLE = [Take(1.0, {"a": "A", "b": "B"}), Take(1.0, {"c": "C"})]
BATCHED = Take(9.0, {"a": "A", "b": "B", "c": "C", "d": "D"})


def test_texts_are_compared_that_both_arms_made_in_every_round() -> None:
    assert agreement(SINGLE, [BATCHED, BATCHED]) == (3, 3)
    assert agreement(SINGLE, [BATCHED, replace(BATCHED, made={**BATCHED.made, "c": "x"})]) == (2, 3)
    assert agreement([*SINGLE, Take(1.0, {"a": "x"})], [BATCHED]) == (2, 3)
    assert agreement(SINGLE, [replace(BATCHED, made={**BATCHED.made, "d": "x"})]) == (3, 3)


def test_arms_that_differ_make_a_greedy_figure_invalid_and_are_told_with_a_beam() -> None:
    other = [BATCHED, replace(BATCHED, made={**BATCHED.made, "c": "x"})]
    same, differs, beam = (
        compared(FIGURE, SINGLE, [BATCHED], greedy=True), compared(FIGURE, SINGLE, other, greedy=True),
        compared(FIGURE, SINGLE, other, greedy=False),
    )  # fmt: skip
    assert (same.verdict, same.note) == ("met", "micro; 3 of 3 texts agree")
    assert (differs.verdict, differs.note) == ("invalid: the texts differ", "micro; 2 of 3 texts agree")
    assert (beam.verdict, beam.note) == ("met", "micro; 2 of 3 texts agree")


def shares(ours: float) -> Figure:
    return judged("broken cues", exactly(ours), "%", at_most=(5.0, 1.0))


@pytest.mark.parametrize(
    ("ours", "baseline", "said"),
    [
        (1.0, 28.9, "met"),
        (6.0, 28.9, "missed"),
        (1.0, 4.0, "invalid: the baseline is no worse"),
        (30.0, 28.9, "invalid: the baseline is no worse"),
    ],
)
def test_a_baseline_that_is_no_worse_makes_a_figure_invalid(ours: float, baseline: float, said: str) -> None:
    assert beside(shares(ours), baseline, at_most=5.0).verdict == said


def test_the_baseline_is_judged_in_the_note() -> None:
    assert beside(shares(1.0), 28.93, at_most=5.0).note == "baseline, every 84 characters: 28.9 %, missed"
