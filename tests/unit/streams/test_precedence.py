"""First minutes go first at every stage, and whoever decodes far ahead rests for those of others."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from processors.bench import Bench
from processors.stage import Stage
from schemas.base import SAMPLE_RATE
from schemas.events import (
    EXPRESS_SECONDS,
    AudioEnded,
    BlockAssembled,
    Event,
    JobEnded,
    PartDecoded,
    SpeechCut,
    SpeechEnded,
    SpeechFound,
    SpeechIdentified,
    VideoAccepted,
)
from streams.backpressure import AMPLE_SECONDS, Brake, Gauge
from streams.precedence import LINGER_SECONDS, Firsts, first_minutes
from tests.unit.streams.kit import origin, room

LONG, SHORT = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
FAR = int(EXPRESS_SECONDS * SAMPLE_RATE)


def stage(run: Callable[[Any, Bench], Iterable[Any]], **facts: Any) -> Stage:
    return Stage(**{"name": "s", "takes": (PartDecoded,), "gives": (), "run": run, **facts})


def part(job: str, start: int) -> PartDecoded:
    return PartDecoded(job=job, index=start, start=start, end=start + 60 * SAMPLE_RATE)


@pytest.mark.parametrize(
    ("event", "first"),
    [
        (VideoAccepted(job=LONG), True), (part(LONG, 0), True), (part(LONG, FAR), False),
        (AudioEnded(job=LONG, count=1, samples=FAR), True), (AudioEnded(job=LONG, count=9, samples=FAR + 1), False),
        (SpeechCut(job=LONG, index=0, start=119.0, end=130.0), True),
        (SpeechCut(job=LONG, index=9, start=120.0, end=130.0), False),
        (SpeechFound(job=LONG, index=9, start=0.0, end=1.0, language="en"), True),
        (SpeechEnded(job=LONG, count=1, duration=60.0), True), (SpeechEnded(job=LONG, count=9, duration=600.0), False),
        (SpeechIdentified(job=LONG, count=9, duration=600.0, language="en"), False),
        (BlockAssembled(job=LONG, block=1, language="en", target="fr", sentences=1, characters=1), False),
        (JobEnded(job=LONG, state="done"), False),
    ],
)  # fmt: skip
def test_what_counts_as_first_minutes(event: Event, first: bool) -> None:
    assert first_minutes(event) is first


def test_a_short_upload_passes_the_queue_of_a_long_one(tmp_path: Path) -> None:
    done: list[str] = []

    def run(event: PartDecoded, _: Bench) -> list[Event]:
        done.append(event.job)
        return []

    here = room(stage(run), tmp_path)
    here.take(*(part(LONG, FAR + at) for at in range(6)), part(SHORT, 0))
    here.work()
    assert done.index(SHORT) <= 1
    assert len(done) == 7


def test_a_job_counts_from_its_first_item_until_a_little_after_its_last() -> None:
    now = [0.0]
    firsts = Firsts(lambda: now[0])
    firsts.begins(part(SHORT, 0))
    firsts.begins(part(SHORT, 1))
    firsts.begins(part(LONG, FAR))
    assert firsts.others(LONG) and not firsts.others(SHORT)
    firsts.ends(part(SHORT, 0))
    now[0] = 100.0
    assert firsts.others(LONG)
    firsts.ends(part(SHORT, 1))
    now[0] += LINGER_SECONDS / 2
    assert firsts.others(LONG)
    now[0] += LINGER_SECONDS
    assert not firsts.others(LONG)


def test_items_that_are_dropped_count_no_more(tmp_path: Path) -> None:
    now = [0.0]
    firsts = Firsts(lambda: now[0])
    here = room(stage(lambda _event, _bench: ()), tmp_path, firsts=firsts)
    here.desk.take(origin(0), part(SHORT, 0))
    assert firsts.others(LONG)
    here.desk.drop(lambda _: True)
    now[0] += 2 * LINGER_SECONDS
    assert not firsts.others(LONG)


def test_long_decoding_rests_for_others_only_with_enough_before_recognition() -> None:
    demux = stage(lambda _event, _bench: (), held_by="transcribe")
    gauge = Gauge({}, 7_200.0, 10.0)
    brake = Brake(gauge, Firsts())
    gauge.judge(AMPLE_SECONDS + 1)
    assert not brake.holds(demux, part(LONG, FAR))
    brake.firsts.begins(part(SHORT, 0))
    assert brake.holds(demux, part(LONG, FAR))
    assert not brake.holds(demux, part(LONG, 0)), "its own first minutes"
    assert not brake.holds(demux, part(SHORT, FAR)), "for its own first minutes"
    gauge.judge(AMPLE_SECONDS)
    assert not brake.holds(demux, part(LONG, FAR))
    gauge.judge(7_201.0)
    assert brake.holds(demux, part(SHORT, FAR))
