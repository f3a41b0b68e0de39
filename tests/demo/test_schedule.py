"""Schedules are by steps: the rate climbs, falls, and ends near nothing."""

from pathlib import Path

from demo.training import SMOKE_STEPS, Plan, learning_rate


def test_the_rate_climbs_and_falls() -> None:
    rates = [learning_rate(step, 1_000, 1e-3, 100) for step in range(1_000)]
    assert rates[0] < rates[50] < rates[99]
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert rates[-1] < 2e-5


def test_a_smoke_run_is_short_and_keeps_its_seed() -> None:
    plan = Plan(Path("x"), 5_000, seed=7).smoked()
    assert (plan.steps, plan.seed, plan.smoke) == (SMOKE_STEPS, 7, True)
