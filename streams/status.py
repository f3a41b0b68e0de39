"""The stage ``jobs``: the one writer of ``media.jobs``. It folds over every fact of a job, in memory per partition.

The memory is the topic itself: on assignment the partition of ``media.jobs`` is read to its end before a fact is
folded. All topics it reads are partitioned by job with the same count, so a job's facts meet in one process.

A writer that was stopped while another took over may still say its last word when it wakes: what it said is found
behind the newer word at the next assignment (its own return causes one), and the newer one is said again.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from processors.bench import Bench
from processors.stage import Stage
from schemas import envelope
from schemas.errors import BadInput, NotFound
from schemas.events import (
    ANY_RUN,
    AudioEnded,
    BlockTranslated,
    Event,
    JobChanged,
    JobControl,
    JobEnded,
    LanguageFailed,
    PartDecoded,
    SpeechEnded,
    SpeechTranscribed,
    SubtitlesReady,
    TranscriptReady,
    VideoAccepted,
)
from schemas.jobs import JobStatus
from streams.control import Control
from streams.jobs import begin, changed, fold, newest, outside
from streams.stepping import some

TAKES = (
    VideoAccepted, PartDecoded, AudioEnded, SpeechEnded, SpeechTranscribed, TranscriptReady, BlockTranslated,
    SubtitlesReady, LanguageFailed, JobEnded, JobControl,
)  # fmt: skip


class StatusBoard:
    """The jobs of the partitions at hand. Only the stage's own threads and its assignment touch it."""

    def __init__(self) -> None:
        self._jobs: dict[str, JobStatus] = {}
        self._last: dict[str, str] = {}
        self._behind: set[str] = set()
        self._early = Control()

    def stage(self) -> Stage:
        """The stage over this board."""
        return Stage(
            name="jobs", takes=TAKES, gives=(JobChanged, JobControl), run=self.run, ordered=True, given_up=_nothing
        )

    def run(self, event: Event, bench: Bench) -> Iterator[Event]:
        """The job after ``event``, if it changed; one that was cancelled before it was known is so from the start.

        The same fact again, with none in between, is one whose outcome was not taken: it is said again.
        """
        yield from self._spelled_out(event)
        if self._last.get(event.job) == event.id and event.job in self._jobs:
            yield changed(self._jobs[event.job])
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        before = self._before(event, bench, now)
        if before is None:
            yield from self._misled(event)
            return
        after = fold(before, event, now)
        if bench.cancelled(after.job, after.run) or self._early.stops(after.job, after.run):
            after = fold(after, JobControl(job=after.job, run=after.run, action="cancel"), now)
        if after is not before or event.job not in self._jobs:
            self._jobs[event.job], self._last[event.job] = after, event.id
            yield changed(after)

    def forget(self) -> None:
        """Before the topic is read: what was folded here and not said is folded again."""
        self._jobs.clear()
        self._last.clear()
        self._behind.clear()

    def remember(self, status: JobStatus) -> None:
        """Take over what the topic says, record by record."""
        best = self._jobs[status.job] = newest(self._jobs.get(status.job), status)
        (self._behind.discard if best is status else self._behind.add)(status.job)

    def mended(self) -> list[JobChanged]:
        """The jobs whose last word on the topic is not the newest: to be said once more, as a fact of its own."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        for job in self._behind:
            self._jobs[job] = self._jobs[job].model_copy(update={"updated": now})
        return [changed(self._jobs[job]) for job in sorted(self._behind)]

    def _before(self, event: Event, bench: Bench, now: str) -> JobStatus | None:
        known = self._jobs.get(event.job)
        if known is not None and known.run >= event.run:
            return known
        if isinstance(event, JobControl):
            return known
        try:
            return begin(bench.plan_of(event))
        except NotFound:
            return outside(event, now) if isinstance(event, JobEnded) else known

    def _spelled_out(self, event: Event) -> Iterator[Event]:
        """A wish that names no run, for those who don't know which one goes on."""
        known = self._jobs.get(event.job)
        if not isinstance(event, JobControl) or event.run != ANY_RUN or known is None or known.run == 0:
            return
        if known.state == "cancelled" or not known.ended:
            yield event.model_copy(update={"run": known.run})

    def _misled(self, event: Event) -> Iterator[Event]:
        """A wish about a job that is not known here: kept in mind, and said once more, to the job's own partition,
        for another client's partitioner may have sent it past the one who writes that job's state."""
        if isinstance(event, JobControl) and not self._early.stops(event.job, event.last_run):
            self._early.told(event)
            yield event


def _nothing(_event: Any, _error: Any, _bench: Bench) -> Iterable[Event]:
    return []


async def restore(board: StatusBoard, connection: dict[str, Any], partitions: Iterable[int]) -> None:
    """Read these partitions of ``media.jobs`` to their ends."""
    places = [TopicPartition(JobChanged.topic, number) for number in sorted(set(partitions))]
    board.forget()
    if not places:
        return
    reader = AIOKafkaConsumer(**connection, enable_auto_commit=False, auto_offset_reset="earliest")
    await reader.start()
    try:
        reader.assign(places)
        ends = await reader.end_offsets(places)
        await reader.seek_to_beginning(*places)
        left = {place for place in places if ends[place] > 0}
        while left:
            for records in (await some(reader, places, timeout_ms=500)).values():
                for record in records:
                    _take(board, record)
            left = {place for place in left if await reader.position(place) < ends[place]}
    finally:
        await reader.stop()


def _take(board: StatusBoard, record: Any) -> None:
    try:
        event = envelope.read(record.topic, record.headers, record.key, record.value, record.partition, record.offset)
    except BadInput:
        return
    if isinstance(event, JobChanged):
        board.remember(event.status)
