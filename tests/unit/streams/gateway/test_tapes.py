"""What a listener hears of a job: all of it, each once, in the order in which it was said, however it came."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from schemas.events import JobChanged, SpeechTranscribed
from schemas.jobs import JobStatus
from schemas.transcript import Segment
from streams.gateway.backend import Entry, Heard
from streams.gateway.events import told
from tests.unit.streams.gateway import kit

OVER = JobChanged(job=kit.JOB, state="done", created=kit.NOW, updated="2026-01-01T00:00:09.000+00:00")


def said(place: int) -> Entry:
    segment = Segment(start=float(place), end=place + 1.0, text=f"{place}")
    event = SpeechTranscribed(
        job=kit.JOB, index=place, start=segment.start, end=segment.end, language="en", segments=(segment,)
    )
    return Entry("t", place, event)


@dataclass
class Busy(kit.FakeBackend):
    """``meanwhile`` is said while the past is read for the first time, ``after`` once it is known; ``missed`` is only
    found by the second look."""

    meanwhile: tuple[Entry, ...] = ()
    after: tuple[Entry, ...] = ()
    missed: tuple[Entry, ...] = ()
    heard: list[Heard] = field(default_factory=list)

    @contextmanager
    def listen(self, job: str, heard: Heard) -> Iterator[None]:
        self.heard.append(heard)
        yield

    async def past(self, status: JobStatus) -> list[Entry]:
        first, self.meanwhile = self.meanwhile, ()
        if first:
            self.heard[0](first)
            asyncio.get_running_loop().call_later(0, self.heard[0], (*self.after, Entry("j", 9, OVER)))
            return await super().past(status)
        return [*await super().past(status), *self.missed]


def listened(
    past: range, meanwhile: range, after: range, last: str = "", missed: range = range(0)
) -> list[tuple[str, str]]:
    """Texts and ids that a listener hears."""
    made = kit.site()
    status = kit.job(made)
    old = kit.backend(made)
    busy = Busy(
        old.bench, old.board, entries={kit.JOB: [said(at) for at in past]},
        meanwhile=tuple(said(at) for at in meanwhile), after=tuple(said(at) for at in after),
        missed=tuple(said(at) for at in missed),
    )  # fmt: skip
    made.tapes.backend = busy

    async def hear() -> list[tuple[str, str]]:
        texts = [text async for text in told(status, last, made) if text.startswith("event: segment")]
        blocks = [dict(line.split(": ", 1) for line in text.strip().splitlines()) for text in texts]
        return [(json.loads(each["data"])["text"], each["id"]) for each in blocks]

    return asyncio.run(hear())


def test_what_is_said_while_the_past_is_read_comes_behind_it() -> None:
    found = listened(range(5), range(3, 7), range(7, 9))
    assert found == [(f"{at}", f"0.t{at}") for at in range(9)]


def test_who_comes_back_hears_the_rest() -> None:
    assert [text for text, _ in listened(range(5), range(3, 7), range(7, 9), "0.t3")] == ["4", "5", "6", "7", "8"]


def test_what_was_missed_in_between_is_heard_at_the_end() -> None:
    found = listened(range(8), range(6, 8), range(10, 12), missed=range(8, 10))
    assert [text for text, _ in found] == [*map(str, range(8)), "10", "11", "8", "9"]
