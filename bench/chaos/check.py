"""The verdict, pure: from what a stranger can read (objects, records) to what is wrong. No services here.

Lost: an upload without a job that is done, its result events and its files. Doubled: a second job for one upload, a
second ``ce_id`` or other bytes for one thing. Altered: a file that is not, byte for byte, the quiet run's.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["lost", "doubled", "altered", "dead_letter", "calls"]


@dataclass(frozen=True)
class Record:
    """A record of a result topic. ``key``: what the thing is; ``value``: a hash of the bytes."""

    topic: str
    key: str
    ce_id: str
    value: str


@dataclass(frozen=True)
class Job:
    """A job as its report and its last word on ``media.jobs`` have it. ``files``: ``<lang>.<format>`` → hash."""

    job: str
    upload: str
    state: str
    told: str
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """``calls`` of models, ``items`` that needed one, ``in_flight`` at kills, summed."""

    jobs: Sequence[Job]
    records: Sequence[Record]
    dead_letters: int = 0
    calls: int = 0
    items: int = 0
    in_flight: int = 0


@dataclass(frozen=True)
class Problem:
    """One thing that must not be."""

    kind: Kind
    what: str


@dataclass(frozen=True)
class Asked:
    """What a run has to have done for its verdict to mean anything (kills that hit nothing prove nothing).

    ``share``: of kills with an item in flight; ``gone``: workers that never return; ``wer`` at most and ``chrf`` at
    least in the quiet run of ``contents``.
    """

    uploads: int
    contents: int
    kills: int
    share: float
    gone: int
    wer: float
    chrf: float


@dataclass(frozen=True)
class Done:
    """What it did; as ``Asked``."""

    uploads: int
    ended: int
    contents: int
    kills: int
    hits: int
    gone: int
    wer: float
    chrf: float


def missed(asked: Asked, done: Done) -> list[str]:
    """What was asked for and not reached, in words."""
    share = done.hits / max(1, done.kills)
    bounds = {
        f"{done.uploads} of {asked.uploads} uploads were made": done.uploads >= asked.uploads,
        f"{done.ended} of {done.uploads} uploads ended": done.ended >= done.uploads,
        f"{done.contents} of {asked.contents} contents ended in the quiet run": done.contents >= asked.contents,
        f"{done.kills} kills, {asked.kills} were asked for": done.kills >= asked.kills,
        f"{share:.1%} of the kills hit an item in flight, {asked.share:.0%} were asked for": share >= asked.share,
        f"{done.gone} workers never returned, {asked.gone} were asked for": done.gone >= asked.gone,
        f"WER {done.wer} in the quiet run, {asked.wer} is the pack's": done.wer <= asked.wer,
        f"chrF {done.chrf} in the quiet run, {asked.chrf} is the pack's": done.chrf >= asked.chrf,
    }
    return [what for what, reached in bounds.items() if not reached]


def problems(uploads: Mapping[str, str], quiet: Mapping[str, Mapping[str, str]], found: Evidence) -> list[Problem]:
    """What is wrong. ``uploads``: key → content; ``quiet``: content → files of the quiet run."""
    jobs: dict[str, list[Job]] = defaultdict(list)
    for job in found.jobs:
        jobs[job.upload].append(job)
    wrong = [problem for upload in uploads for problem in _of_upload(upload, jobs.get(upload, []), found.records)]
    wrong += [
        problem for job in found.jobs if job.upload in uploads for problem in _altered(job, quiet[uploads[job.upload]])
    ]
    wrong += _doubled(found.records)
    if found.dead_letters:
        wrong.append(Problem("dead_letter", f"{found.dead_letters} dead letters"))
    if found.calls > found.items + found.in_flight:
        wrong.append(Problem("calls", f"{found.calls} calls for {found.items} items and {found.in_flight} in flight"))
    return wrong


def _of_upload(upload: str, jobs: list[Job], records: Sequence[Record]) -> Iterable[Problem]:
    if not jobs:
        yield Problem("lost", f"{upload} has no job")
    if len(jobs) > 1:
        yield Problem("doubled", f"{upload} has {len(jobs)} jobs")
    for job in jobs:
        if (job.state, job.told) != ("done", "done"):
            yield Problem("lost", f"{upload}: report says {job.state or 'nothing'}, media.jobs {job.told or 'nothing'}")


def _altered(job: Job, quiet: Mapping[str, str]) -> Iterable[Problem]:
    for name in sorted(quiet.keys() | job.files.keys()):
        if name not in job.files:
            yield Problem("lost", f"{job.upload}: no file {name}")
        elif quiet.get(name) != job.files[name]:
            yield Problem("altered", f"{job.upload}: {name} is not as in the quiet run")


def _doubled(records: Sequence[Record]) -> Iterable[Problem]:
    said: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for record in records:
        said[record.topic, record.key].add((record.ce_id, record.value))
    for (topic, key), words in said.items():
        if len(words) > 1:
            yield Problem("doubled", f"{topic} {key}: {len(words)} different words")


def missing_words(jobs: Iterable[Job], languages: Iterable[str], records: Iterable[Record]) -> list[Problem]:
    """Jobs whose result events or end are not on their topics."""
    there, spoken = {(record.topic, record.key) for record in records}, list(languages)
    wanted = [
        *(("media.subtitles", f"{job.job}/{language}") for job in jobs for language in spoken),
    ]  # fmt: skip
    return [Problem("lost", f"{topic} has no word of {key}") for topic, key in wanted if (topic, key) not in there]
