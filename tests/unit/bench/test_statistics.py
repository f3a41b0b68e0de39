"""Medians, intervals, slopes, verdicts."""

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.statistics import Estimate, estimate, exactly, log_slope, ratios, slope, verdict

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(NUMBERS)
def test_the_median_lies_in_its_interval_and_the_interval_in_the_range(values: list[float]) -> None:
    found = estimate(values)
    assert min(values) <= found.low <= found.value <= found.high <= max(values)
    assert found.values == tuple(values)


@pytest.mark.parametrize(("count", "cut"), [(1, 0), (5, 0), (7, 0), (8, 0), (9, 1), (15, 3), (20, 5)])
def test_the_interval_takes_the_order_statistics_of_the_sign_test(count: int, cut: int) -> None:
    found = estimate([float(n) for n in range(count)])
    assert (found.low, found.high) == (cut, count - 1 - cut)


def test_the_interval_covers_the_true_median_as_often_as_it_says() -> None:
    dice, hits = random.Random(1), 0
    for _ in range(2_000):
        found = estimate([dice.expovariate(1.0) for _ in range(9)])
        hits += found.low <= 0.6931 <= found.high
    assert hits / 2_000 >= 0.94


def test_ratios_are_taken_in_pairs() -> None:
    assert ratios([2.0, 30.0, 8.0], [1.0, 10.0, 2.0]).value == median([2.0, 3.0, 4.0])


def test_slopes() -> None:
    assert slope([0.0, 1.0, 3.0], [5.0, 7.0, 11.0]) == pytest.approx(2.0)
    assert log_slope([10.0, 100.0, 1000.0], [3.0, 30.0, 300.0]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.9, 1.0, "met"), (1.0, 1.1, "met"), (1.09, 1.11, "not resolved"), (1.11, 1.2, "missed")]
)
def test_a_bound_from_above(low: float, high: float, said: str) -> None:
    assert verdict(Estimate((low + high) / 2, low, high), at_most=1.1) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(4.0, 5.0, "met"), (3.9, 4.1, "not resolved"), (3.0, 4.0, "not resolved"), (3.0, 3.9, "missed")],
)
def test_a_bound_from_below(low: float, high: float, said: str) -> None:
    assert verdict(Estimate((low + high) / 2, low, high), at_least=4.0) == said


def test_what_does_not_vary_is_met_or_missed() -> None:
    assert verdict(exactly(0.0), at_most=0.0) == "met"
    assert verdict(exactly(0.1), at_most=0.0) == "missed"
