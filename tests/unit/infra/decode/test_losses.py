"""Lost ranges: joined, bounded, and an early end named."""

from hypothesis import given
from hypothesis import strategies as st

from infra.decode.losses import DAMAGED, MOST, TRUNCATED, Losses


def test_neighbours_are_joined() -> None:
    losses = Losses()
    for start in (1.0, 1.1, 1.2, 5.0):
        losses.add(start, start + 0.02)
    assert losses.closed(10.0, 10.0) == [(1.0, 1.22, DAMAGED), (5.0, 5.02, DAMAGED)]


def test_an_early_end_takes_in_the_damage_before_it() -> None:
    losses = Losses()
    losses.add(4.99, 5.01)
    assert losses.closed(5.0, 10.0) == [(5.0, 10.0, TRUNCATED)]


def test_a_little_early_or_undeclared_is_no_loss() -> None:
    assert Losses().closed(9.6, 10.0) == [] and Losses().closed(9.6, None) == []
    assert Losses().closed(3595.0, 3600.0) == []


@given(st.lists(st.floats(0, 1e5), max_size=700))
def test_never_more_than_fit_in_an_event(times: list[float]) -> None:
    losses = Losses()
    for time in sorted(times):
        losses.add(time, time + 0.02)
    ranges = losses.closed(1e5 + 1, None)
    assert len(ranges) <= MOST and all(start < end for start, end, _ in ranges)
