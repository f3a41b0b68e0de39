"""The table of retries."""

import pytest

from schemas.errors import BadInput, Broken, Cancelled, ChalkstreamError, NotFound, Unavailable
from streams.retry import LONGEST_DELAY, Pause, TriedEnough, decide

DAY = 24 * 3600.0


@pytest.mark.parametrize(
    ("error", "attempts", "waits", "age", "action", "delay"),
    [
        (BadInput("truncated", ""), 1, 0, 0.0, "give_up", 0.0),
        (NotFound(""), 1, 0, 0.0, "give_up", 0.0),
        (Cancelled(), 1, 0, 0.0, "give_up", 0.0),
        (Broken("internal", ""), 1, 0, 0.0, "again", 1.0),
        (Broken("internal", ""), 2, 0, 0.0, "give_up", 0.0),
        (Broken("crashed", ""), 1, 0, 0.0, "again", 1.0),
        (Broken("crashed", ""), 2, 50, 0.0, "give_up", 0.0),
        (TriedEnough("crashed", ""), 1, 0, 0.0, "give_up", 0.0),
        (Unavailable(""), 0, 0, 0.0, "again", 1.0),
        (Unavailable(""), 0, 3, 0.0, "again", 8.0),
        (Unavailable(""), 0, 5_000, DAY - 1, "again", 60.0),
        (Unavailable(""), 9, 0, DAY - 1, "again", 1.0),
        (Unavailable(""), 0, 0, DAY, "give_up", 0.0),
    ],
)
def test_the_table(error: ChalkstreamError, attempts: int, waits: int, age: float, action: str, delay: float) -> None:
    decision = decide(error, attempts=attempts, waits=waits, age=age)
    assert (decision.action, decision.delay) == (action, delay)


def test_a_stage_waits_longer_each_time_and_short_again_after_a_success() -> None:
    pause, now, waited = Pause(), 0.0, []
    for _ in range(8):
        pause.away(now)
        pause.away(now + 0.5)
        waited.append(pause.until - now)
        now = pause.until
    assert waited == [1, 2, 4, 8, 16, 32, LONGEST_DELAY, LONGEST_DELAY]
    pause.well()
    pause.away(now)
    assert pause.until - now == 1
