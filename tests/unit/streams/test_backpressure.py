"""How much waits: lag in seconds of audio; full and empty apart, so that it does not flutter."""

from schemas.events import AudioEnded, PartDecoded
from streams.backpressure import Gauge, lag, past_express
from tests.unit.streams.kit import JOB


def test_lag_counts_from_the_commit_or_from_the_beginning_of_the_log() -> None:
    """A group that has not committed yet, on a log whose beginning is gone, is not a million records behind."""
    assert lag({"a": 0}, {"a": 10}, {"a": 4}) == 6
    assert lag({"a": 1_000_000}, {"a": 1_000_003}, {"a": -1}) == 3
    assert lag({"a": 1_000_000}, {"a": 1_000_003}, {}) == 3
    assert lag({"a": 5}, {"a": 9}, {"a": None}) == 4
    assert lag({"a": 0}, {"a": 3}, {"a": 9}) == 0


def test_full_above_the_limit_until_well_below() -> None:
    gauge = Gauge({}, 100.0, 10.0)
    seen = []
    for seconds in (99, 101, 95, 89, 95, 101):
        gauge.judge(seconds)
        seen.append(gauge.full)
    assert seen == [False, True, True, False, False, True]


def test_the_first_minutes_of_a_job_are_never_held() -> None:
    def part(index: int) -> PartDecoded:
        return PartDecoded(job=JOB, index=index, start=index * 960_000, end=(index + 1) * 960_000)

    assert [past_express(part(index)) for index in range(4)] == [False, False, True, True]
    assert not past_express(AudioEnded(job=JOB, count=9, samples=9))
