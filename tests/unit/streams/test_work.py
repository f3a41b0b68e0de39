"""The seam between runners and telemetry: what a probe is told, in which order, and that it can never do harm."""

from collections.abc import Iterator
from typing import Any

import pytest

from processors.stage import Answer
from schemas import tracing
from schemas.errors import Broken
from schemas.events import Event, SpeechCut, VideoAccepted
from schemas.tracing import Received
from streams.work import UNWATCHED, Saying, Watch, watched
from tests.fakes import plan
from tests.unit.streams.kit import JOB, cut

TOLD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
HERE = Received("media.chunks", 3, 7, 0.0, TOLD)


class Notes:
    """A probe that writes down what it is told; ``bad``: it fails each time."""

    on = True

    def __init__(self, bad: bool = False) -> None:
        self.told: list[str] = []
        self.bad = bad

    def item(self, stage: str, event: Event, received: Received) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        def note(*_: Any, **__: Any) -> Any:
            if self.bad:
                raise RuntimeError("telemetry is broken")
            self.told.append(name)
            return (TOLD, lambda _: self.told.append("acked")) if name == "says" else None

        return note


def ending(count: int) -> Iterator[Answer]:
    for position in range(count):
        yield position, cut(position)
        yield position, None


def test_items_of_a_batch_begin_together_and_others_one_by_one() -> None:
    for together, order in ((True, ["begins"] * 2), (False, ["begins", "gave"])):
        notes = Notes()
        works = [Watch(notes).item("s", cut(n), HERE) for n in range(2)]
        assert list(watched(works, ending(2), together=together)) == list(ending(2))
        assert notes.told[:2] == order and notes.told.count("ends") == 2


def test_what_is_left_in_the_middle_has_ended() -> None:
    notes = Notes()
    answers = watched([Watch(notes).item("s", cut(0), HERE)], ending(1), together=False)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert notes.told == ["begins", "gave", "ends"]


@pytest.mark.parametrize("watch", [UNWATCHED, Watch(Notes(bad=True))])
def test_nobody_looking_or_a_broken_probe_changes_nothing(watch: Watch) -> None:
    work = watch.item("s", cut(0), HERE)
    work.begins()
    work.gave(cut(1))
    work.ends(None)
    headers, _ = work.carry(cut(1))
    assert headers["traceparent"] == TOLD
    pace = tracing.pace(headers[tracing.WORK])
    assert pace and (pace.stage, pace.attempt) == ("s", 1)
    work.again(Broken("internal", "x"), 1.0)
    work.over()


def test_a_record_without_context_belongs_to_the_trace_of_its_job_and_that_to_the_uploaders() -> None:
    made = plan().model_copy(update={"traceparent": TOLD})
    for watch, root in ((UNWATCHED, tracing.root(JOB)), (Watch(plan_of=lambda _: made), TOLD)):
        work = watch.item("s", cut(0), HERE._replace(traceparent=None))
        work.begins()
        assert work.context == root


def test_what_begins_another_job_is_said_in_the_trace_of_that_job() -> None:
    work = UNWATCHED.item("accept", SpeechCut(job="upload", index=0, start=0, end=1), HERE)
    accepted = VideoAccepted(job=JOB)
    work.begins()
    work.gave(accepted)
    assert work.carry(accepted)[0]["traceparent"] == tracing.root(JOB)


def test_what_was_said_before_and_is_not_sent_again_leaves_no_trace() -> None:
    notes = Notes()
    Saying(Watch(notes).item("s", cut(0), HERE), cut(1)).acknowledged(None)
    assert notes.told == []
