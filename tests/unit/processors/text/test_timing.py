"""Cues keep to their speech and move only where that lets them be read."""

from processors.text.profiles import profile
from processors.text.timing import Slack, Spoken, schedule

EDU = profile("edu-default")
SLACK = Slack(early=120, late=360, step=120)


def times(*spoken: Spoken, media_end: int = 60_000) -> list[tuple[int, int]]:
    return schedule(spoken, EDU, speed=17, media_end=media_end, slack=SLACK)


def test_a_cue_that_can_be_read_starts_with_its_speech_and_stays_half_a_second():
    assert times(Spoken(5000, 8000, 40)) == [(5000, 8500)]


def test_a_fast_cue_stays_until_it_can_be_read_but_at_most_a_second_and_a_half():
    assert times(Spoken(5000, 7000, 51)) == [(5000, 8000)]
    assert times(Spoken(5000, 6000, 80)) == [(4880, 7500)]


def test_a_cue_ends_after_seven_seconds_whatever_is_said():
    assert times(Spoken(0, 20_000, 10)) == [(0, 7000)]


def test_a_small_gap_is_closed_to_two_frames_and_a_wide_one_stays():
    assert times(Spoken(0, 3000, 20), Spoken(3700, 6000, 20))[0] == (0, 3617)
    assert times(Spoken(0, 3000, 20), Spoken(9000, 9900, 10))[0] == (0, 3500)


def test_the_gap_is_given_up_before_reading_time_is():
    assert times(Spoken(0, 3000, 51), Spoken(3000, 6000, 20))[0] == (0, 3000)


def test_the_next_cue_waits_a_little_for_one_that_is_too_short_if_it_can():
    first, second = times(Spoken(0, 3000, 55), Spoken(3000, 6000, 20))
    assert second[0] == 3240
    assert first == (0, 3240)


def test_nothing_moves_where_all_can_be_read():
    starts = [start for start, _ in times(*(Spoken(n * 2000, n * 2000 + 2000, 34) for n in range(5)))]
    assert starts == [0, 2000, 4000, 6000, 8000]


def test_cues_crowded_at_the_end_all_find_a_place_within_the_media():
    found = times(*(Spoken(9_999, 9_999, 5) for _ in range(50)), media_end=10_000)
    assert len(found) == 50
    assert all(start < end for start, end in found)
    assert all(found[n][1] <= found[n + 1][0] for n in range(49))
    assert found[-1][1] <= 10_000


def test_where_there_is_no_time_at_all_there_are_no_cues():
    assert times(Spoken(0, 0, 5), media_end=0) == []
    assert len(times(*[Spoken(0, 0, 5)] * 9, media_end=3)) == 3
