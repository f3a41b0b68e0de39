"""Frames on the media clock: jitter is nothing, gaps are gaps, drift is followed, resets are joined."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from infra.decode.timeline import DRIFT_S, GAP_S, Timeline

FRAME = 0.02


def place(times: list[float | None], origin: float = 0.0) -> list[float | None]:
    """What the clock says to frames of 20 ms."""
    clock = Timeline(origin=origin)
    return [clock.place(time, FRAME) for time in times]


def grid(count: int, start: float = 0.0) -> list[float | None]:
    """Times of frames that follow one another."""
    return [start + index * FRAME for index in range(count)]


def test_the_first_frame_stands_where_its_time_says() -> None:
    assert place([2.5], origin=1.0) == [1.5]
    assert place([None]) == [0.0]


@given(st.lists(st.floats(-DRIFT_S / 2, DRIFT_S / 2), min_size=100, max_size=200), st.floats(0, 1e5))
def test_jitter_never_moves_a_sample(noise: list[float], start: float) -> None:
    times = [start + index * FRAME + by for index, by in enumerate(noise)]
    assert place(list(times))[1:] == [None] * (len(noise) - 1)


@given(st.floats(GAP_S * 1.1, 100.0))
def test_a_gap_is_exactly_as_long_as_the_times_say(gap: float) -> None:
    moved = place([*grid(10), *grid(10, start=10 * FRAME + gap)])
    assert moved[10] is not None and abs(moved[10] - 10 * FRAME - gap) < 1e-6
    assert [move for move in moved[1:] if move is not None] == [moved[10]]


def test_an_overlap_goes_back_by_what_overlaps() -> None:
    moved = place([*grid(50), *grid(10, start=50 * FRAME - 0.5)])
    assert moved[50] is not None and abs(moved[50] - (50 * FRAME - 0.5)) < 1e-6


def test_a_clock_set_back_is_joined() -> None:
    clock = Timeline()
    moves = [clock.place(time, FRAME) for time in [*grid(500), *grid(500)]]
    assert moves[1:] == [None] * 999 and clock.resets == 1


def test_frames_without_times_follow() -> None:
    assert place([1.0, None, None, 1.06]) == [1.0, None, None, None]


@given(st.sampled_from([-0.002, -0.0005, 0.0005, 0.002]))
def test_drift_is_followed_within_some_milliseconds(rate: float) -> None:
    clock = Timeline()
    errors = []
    for index in range(3000):
        time = index * FRAME * (1 + rate)
        clock.place(time, FRAME)
        errors.append(abs((clock.end or 0.0) - FRAME - time))
    assert max(errors) < 0.010


def test_after_damage_the_next_time_is_believed() -> None:
    clock = Timeline()
    for time in grid(10):
        clock.place(time, FRAME)
    clock.damaged()
    moved = clock.place(11 * FRAME, FRAME)
    assert moved is not None and abs(moved - 11 * FRAME) < 1e-9


@given(st.lists(st.one_of(st.none(), st.floats(-1e4, 1e4)), max_size=60))
def test_any_times_keep_the_clock_finite_and_deterministic(times: list[float | None]) -> None:
    assert place(times) == place(times)
    clock = Timeline()
    ends = [clock.end for time in times if clock.place(time, FRAME) is None or True]
    assert all(end is not None for end in ends)
    assert all(
        later is not None and earlier is not None and later - earlier > -1.1 for earlier, later in pairwise(ends[1:])
    )
