"""The checker of the chaos run: a verdict that could not fail would prove nothing."""

from dataclasses import replace

import pytest

from bench.chaos.__main__ import LONG, SHORT, done
from bench.chaos.check import Done, Evidence, Job, Problem, Record, missed, missing_words, problems
from bench.chaos.cluster import open_items
from bench.chaos.worker import in_hand
from processors.stage import discover
from schemas.events import AudioEnded

QUIET = {"c1": {"en.srt": "h1", "fr.srt": "h2"}, "c2": {"en.srt": "h3", "fr.srt": "h4"}}
UPLOADS = {f"u{at}": f"c{1 + at % 2}" for at in range(6)}


def job(at: int) -> Job:
    return Job(f"j{at}", f"u{at}", "done", "done", QUIET[UPLOADS[f"u{at}"]])


def words(at: int) -> list[Record]:
    return [Record("media.subtitles", f"j{at}/{language}", f"id-{at}-{language}", "v") for language in ("en", "fr")]


GOOD = Evidence(
    jobs=[job(at) for at in range(6)], records=[word for at in range(6) for word in words(at)],
    calls=24, items=20, in_flight=4,
)  # fmt: skip


def found(evidence: Evidence) -> list[Problem]:
    return problems(UPLOADS, QUIET, evidence) + missing_words(evidence.jobs, ("en", "fr"), evidence.records)


def kinds(evidence: Evidence) -> list[str]:
    return [problem.kind for problem in found(evidence)]


def changed(at: int, **facts: object) -> Evidence:
    return replace(GOOD, jobs=[replace(each, **facts) if each.job == f"j{at}" else each for each in GOOD.jobs])  # type: ignore[arg-type]


def test_a_good_run_passes() -> None:
    assert found(GOOD) == []


def test_one_lost_one_doubled_and_one_altered_job_fail_three_times() -> None:
    bad = Evidence(
        jobs=[
            *(each for each in GOOD.jobs if each.job != "j0"),
            replace(job(1), job="j1b"),
        ],
        records=[*GOOD.records, *(Record("media.subtitles", f"j1b/{each}", f"x{each}", "v") for each in ("en", "fr"))],
    )  # fmt: skip
    altered = {**job(2).files, "fr.srt": "other"}
    bad = replace(bad, jobs=[replace(each, files=altered) if each.job == "j2" else each for each in bad.jobs])
    assert sorted(kinds(bad)) == ["altered", "doubled", "lost"]


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"state": "failed"}, "lost"),
        ({"state": "partial"}, "lost"),
        ({"told": "running"}, "lost"),
        ({"told": ""}, "lost"),
        ({"files": {"en.srt": "h1"}}, "lost"),
        ({"files": {"en.srt": "h1", "fr.srt": "H2"}}, "altered"),
        ({"files": {"en.srt": "h1", "fr.srt": "h2", "de.srt": "h9"}}, "altered"),
    ],
)
def test_each_way_of_being_wrong_is_seen(facts: dict[str, object], kind: str) -> None:
    assert kinds(changed(0, **facts)) == [kind]


def test_the_same_record_again_is_no_double_but_other_bytes_or_another_id_are() -> None:
    first = GOOD.records[0]
    assert kinds(replace(GOOD, records=[*GOOD.records, first])) == []
    for other in (replace(first, value="w"), replace(first, ce_id="another")):
        assert kinds(replace(GOOD, records=[*GOOD.records, other])) == ["doubled"]


def test_a_result_that_was_never_announced_is_lost() -> None:
    assert kinds(replace(GOOD, records=GOOD.records[1:])) == ["lost"]


def test_dead_letters_and_too_many_calls_are_seen() -> None:
    assert kinds(replace(GOOD, dead_letters=1)) == ["dead_letter"]
    assert kinds(replace(GOOD, calls=25)) == ["calls"]


def test_what_a_killed_worker_had_in_hand() -> None:
    diary = ["+ demux a", "call recognise", "+ transcribe b", "- demux a", "+ transcribe b", "- transcribe b"]
    assert open_items(diary) == {"transcribe b"}


def test_what_fails_has_ended_and_only_what_dies_stays_open() -> None:
    diary: list[str] = []
    stage = next(each for each in discover() if each.name == "transcribe")
    event = AudioEnded(job="j", count=1, samples=1)
    with pytest.raises(ValueError, match="bad"), in_hand(diary.append, stage, [event]):
        assert open_items(diary) == {f"transcribe {event.id}"}
        raise ValueError("bad")
    assert open_items(diary) == set()


WELL = Done(uploads=1_000, ended=1_000, contents=100, kills=544, hits=440, gone=10, wer=0.0, chrf=100.0)


def test_a_run_that_did_what_was_asked_misses_nothing() -> None:
    assert missed(LONG.asked(), WELL) == []
    least = Done(uploads=60, ended=60, contents=10, kills=20, hits=12, gone=1, wer=0.0, chrf=100.0)
    assert missed(SHORT.asked(), least) == []
    assert len(missed(LONG.asked(), least)) == 5


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"uploads": 999, "ended": 999}, "999 of 1000 uploads were made"),
        ({"ended": 999}, "999 of 1000 uploads ended"),
        ({"contents": 99}, "99 of 100 contents"),
        ({"kills": 199, "hits": 199}, "199 kills"),
        ({"kills": 0, "hits": 0}, "0 kills"),
        ({"hits": 424}, "77.9% of the kills"),
        ({"gone": 9}, "9 workers never returned"),
        ({"wer": 0.2}, "WER 0.2"),
        ({"chrf": 50.0}, "chrF 50.0"),
    ],
)
def test_each_bound_can_be_missed(facts: dict[str, float], says: str) -> None:
    assert says in missed(LONG.asked(), replace(WELL, **facts))[0]  # type: ignore[arg-type]


def test_what_a_run_did_is_read_from_its_result() -> None:
    result = {
        "quiet": {"uploads": 100, "ended": 100, "seconds": 1.0, "wer": 0.0, "chrf": 100.0}, "uploads": 1_000,
        "ended": 1_000, "kills": 544, "kills_that_hit": 440, "never_returned": 10,
    }  # fmt: skip
    assert done(result) == WELL
