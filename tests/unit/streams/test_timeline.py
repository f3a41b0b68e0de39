"""The timeline in the terminal: totals, waits, and what went wrong, from stored timings alone."""

from pathlib import Path

from schemas.events import SpeechTranscribed
from schemas.tracing import WORK, Pace
from streams import timeline
from streams.commands.trace import local_steps
from streams.jobs import begin
from streams.timeline import Step
from tests.fakes import plan
from tests.unit.streams.kit import JOB, cut
from tests.unit.streams.test_journal_timings import journal

TEXT = SpeechTranscribed(job=JOB, index=3, start=0, end=1, language="en")


def test_totals_per_stage_in_the_order_of_the_chain() -> None:
    steps = [Step("b", "0", 0, 5, 6), Step("a", "0", 0, 1, 2), Step("a", "1", 0, 3, 5)]
    title, _, *rows = timeline.lines("job", steps, ["a", "b"])
    assert title == "job  6.0 s"
    assert [row.split()[:3] for row in rows[:2]] == [["a", "2", "4.0"], ["b", "1", "5.0"]]
    assert "  b 0: waited 5.0 s, worked 1.0 s" in rows


def test_a_retry_and_what_still_waits_are_told() -> None:
    steps = [
        Step("a", "0", 0, 1, 2, 1, "unavailable"),
        Step("a", "0", 0, 3, 5, 2),
        Step("b", "9", 5, None, None, 1, "waits"),
    ]
    told = timeline.lines("job", steps, ["a", "b"])
    assert "  a 0: attempt 1 unavailable at 2.0 s" in told and "  b 9: attempt 1 waits at 5.0 s" in told


def test_nothing_known_is_said() -> None:
    assert timeline.lines("job", [], []) == ["job", "nothing is known of its steps"]


def test_what_a_record_says_of_the_work_behind_it_and_only_its_last_word_counts() -> None:
    first = timeline.said({WORK: Pace("demux", 1.0, 2.0, 1, "ab").text()}, TEXT, at=10.0)
    second = timeline.said({WORK: Pace("demux", 1.0, 5.0, 2, "ab").text()}, TEXT, at=13.0)
    assert first and second
    (step,) = timeline.last_words([second, first])
    assert (step.ready, step.began, step.ended, step.attempt, step.what) == (7.0, 8.0, 13.0, 2, "3 en")
    assert timeline.said({}, TEXT, at=1.0) is None


def test_the_local_journal_tells_every_attempt(tmp_path: Path) -> None:
    here, status = journal(tmp_path), begin(plan()).model_copy(update={"job": JOB})
    here.begin(status)
    here.publish([cut(0), cut(1)], now=1.0)
    item = here.take("identify", 1, now=2.0, ordered=False)[0]
    here.put_back("identify", item.seq, now=3.0, not_before=0.0, waited=False, outcome="internal")
    assert here.latest() == JOB
    assert [(step.what, step.outcome) for step in local_steps(here, status)] == [("0", "internal"), ("1", "waits")]
