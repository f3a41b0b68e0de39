"""Commit points: the lowest unfinished offset, whatever the order of ends."""

from hypothesis import given
from hypothesis import strategies as st

from streams.offsets import Offsets


def test_nothing_read_nothing_committed() -> None:
    assert Offsets().commit_point() is None


def test_a_hole_holds_the_commit_point() -> None:
    offsets = Offsets()
    for offset in (10, 11, 12):
        offsets.add(offset)
    offsets.finish(10)
    offsets.finish(12)
    assert offsets.commit_point() == 11
    offsets.finish(11)
    assert offsets.commit_point() == 13


def test_what_was_committed_is_not_committed_again() -> None:
    offsets = Offsets()
    offsets.add(0)
    offsets.finish(0)
    offsets.committed(1)
    assert offsets.commit_point() is None


def test_an_end_of_what_was_not_read_here_changes_nothing() -> None:
    offsets = Offsets()
    offsets.add(5)
    offsets.finish(99)
    offsets.finish(4)
    assert (offsets.commit_point(), offsets.unfinished) == (5, 1)


def test_a_log_that_was_made_anew_is_committed_from_its_own_beginning() -> None:
    offsets = Offsets()
    for offset in (36, 0, 1):
        offsets.add(offset)
    offsets.finish(36)
    offsets.committed(37)
    offsets.finish(0)
    assert offsets.commit_point() == 1, "37 would step over what has not been written yet"
    offsets.finish(1)
    assert (offsets.commit_point(), offsets.following) == (2, 2)


@given(
    st.lists(st.integers(0, 500), unique=True, min_size=1, max_size=60).map(sorted), st.randoms(use_true_random=False)
)
def test_never_past_an_unfinished_one_and_always_up_to_it(log: list[int], random: st.DataObject) -> None:
    """``log`` has gaps, as a compacted topic has."""
    offsets, ends = Offsets(), list(log)
    random.shuffle(ends)  # type: ignore[attr-defined]
    for offset in log:
        offsets.add(offset)
    open_ones = set(log)
    for offset in ends:
        offsets.finish(offset)
        open_ones.discard(offset)
        assert offsets.commit_point() == min(open_ones, default=log[-1] + 1)
