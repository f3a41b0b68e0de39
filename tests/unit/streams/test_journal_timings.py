"""What the journal keeps of how a job went: every attempt of every stage, and the context of each fact."""

from pathlib import Path

from schemas.events import SpeechCut
from schemas.tracing import TRACEPARENT
from streams.journal import Journal
from tests.unit.streams.kit import JOB, cut

TOLD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def journal(root: Path) -> Journal:
    return Journal(root / "j.sqlite", {SpeechCut.wire_type(): ["identify"]}, lambda status, _: status)


def test_a_retry_a_death_and_the_end_are_all_there(tmp_path: Path) -> None:
    here = journal(tmp_path)
    here.publish([cut(0)], now=1.0)
    item = here.take("identify", 1, now=2.0, ordered=False)[0]
    here.put_back("identify", item.seq, now=3.0, not_before=0.0, waited=True, outcome="unavailable")
    here.take("identify", 1, now=4.0, ordered=False)
    here.recover()
    here.take("identify", 1, now=6.0, ordered=False)
    here.publish([], now=9.0, done=("identify", item.seq))
    found = [(each.since, each.number, each.began, each.ended, each.outcome) for each in here.timings(JOB, 0)]
    assert found == [
        (1.0, 1, 2.0, 3.0, "unavailable"), (1.0, 2, 4.0, None, "killed"), (1.0, 3, 6.0, 9.0, "done"),
    ]  # fmt: skip


def test_what_nobody_has_begun_is_told_too(tmp_path: Path) -> None:
    here = journal(tmp_path)
    here.publish([cut(0)], now=1.0)
    assert [(each.stage, each.began) for each in here.timings(JOB, 0)] == [("identify", None)]


def test_the_context_of_a_fact_comes_with_it_and_survives_a_restart(tmp_path: Path) -> None:
    journal(tmp_path).publish([cut(0), cut(1)], now=1.0, carry=lambda: {TRACEPARENT: TOLD})
    again = journal(tmp_path)
    again.publish([cut(2)], now=1.0)
    assert [item.traceparent for item in again.take("identify", 9, now=2.0, ordered=False)] == [TOLD, TOLD, None]
