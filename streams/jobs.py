"""The state of a job: a pure fold over facts. Duplicates and late facts change nothing; progress never runs backwards.

Progress weighs what takes time: decoding 5 %, recognition 75 %, translation 15 %, files 5 %.
"""

from typing import Any

from schemas.base import SAMPLE_RATE
from schemas.errors import ErrorInfo
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
from schemas.jobs import ENDED, JobStatus
from schemas.plan import Plan

CHAIN = ("accept", "demux", "chunk", "identify", "transcribe", "assemble", "translate", "subtitle", "finish")
HEARD, READ, FILES = 0.05, 0.80, 0.95
SETTLED = ("done", "partial", "failed")


def begin(plan: Plan) -> JobStatus:
    """A job that was accepted and has not been touched."""
    return JobStatus(
        job=plan.job, run=plan.run, tenant=plan.tenant, source={"bucket": plan.source.bucket, "key": plan.source.key},
        languages=dict.fromkeys(plan.targets, "waiting"), created=plan.created, updated=plan.created,
    )  # fmt: skip


def changed(status: JobStatus) -> JobChanged:
    """The state as the fact that tells of it."""
    return JobChanged(**status.model_dump())


def outside(event: JobEnded, now: str) -> JobStatus:
    """A job that ended before it had a plan."""
    source = event.source or {}
    return JobStatus(job=event.job, run=event.run, tenant=event.tenant, source=source, created=now, updated=now)


def newest(known: JobStatus | None, told: JobStatus) -> JobStatus:
    """Of two words about a job the one that is further on; of equals the later told."""
    return known if known is not None and _reach(known) > _reach(told) else told


def _reach(status: JobStatus) -> tuple[int, bool, float]:
    return status.run, status.ended, status.progress


def fold(status: JobStatus, event: Event, now: str) -> JobStatus:
    """The job after ``event``; the same object when nothing changes."""
    if event.run not in (status.run, ANY_RUN) or status.state in ENDED:
        return status
    changes = _changes(status, event)
    progress = max(status.progress, changes.pop("progress", 0.0))
    new = status.model_copy(update={**changes, "progress": round(progress, 3)})
    return new.model_copy(update={"updated": now}) if new != status else status


def _changes(status: JobStatus, event: Event) -> dict[str, Any]:
    match event:
        case VideoAccepted():
            return {"state": "running", "stage": _later(status, "demux")}
        case PartDecoded():
            decoded = max(status.audio_seconds, event.end / SAMPLE_RATE)
            share = HEARD * decoded / event.duration if event.duration else 0.0
            duration = event.duration or status.duration
            return {"state": "running", "audio_seconds": decoded, "duration": duration, "progress": min(share, HEARD)}
        case AudioEnded():
            return {"audio_seconds": event.samples / SAMPLE_RATE, "progress": HEARD}
        case SpeechEnded():
            return {"duration": event.duration, "stage": _later(status, "transcribe")}
        case SpeechTranscribed():
            return _heard(status, event)
        case TranscriptReady():
            return {"stage": _later(status, "translate"), "progress": READ}
        case BlockTranslated():
            known = status.languages.get(event.target)
            state = known if known in SETTLED else "running"  # a block may be heard of after the files it is in
            return {"languages": _language(status, event.target, state), "stage": _later(status, "translate")}
        case SubtitlesReady():
            state = "partial" if event.partial else "done"
            return _shown(status, event.language, state)
        case LanguageFailed():
            return _shown(status, event.language, "failed")
        case JobControl():
            return {"state": "cancelled", "error": ErrorInfo(code="cancelled", message=f"{event.action} was asked for")}
        case JobEnded():
            ended: dict[str, Any] = {"state": event.state, "error": event.error, "stage": "finish"}
            return ended | {"progress": 1.0, "languages": {**status.languages, **event.languages}}
    return {}


def _heard(status: JobStatus, event: SpeechTranscribed) -> dict[str, Any]:
    until = max(status.transcribed_seconds, event.end)
    total = status.duration or status.audio_seconds
    progress = HEARD + (READ - HEARD) * min(1.0, until / total) if total else HEARD
    return {
        "state": "running",
        "transcribed_seconds": until,
        "stage": _later(status, "transcribe"),
        "progress": progress,
    }


def _shown(status: JobStatus, language: str, state: str) -> dict[str, Any]:
    languages = _language(status, language, state)
    ready = sum(1 for each in languages.values() if each in SETTLED)
    progress = READ + (FILES - READ) * ready / max(1, len(languages))
    return {"languages": languages, "stage": _later(status, "subtitle"), "progress": progress}


def _language(status: JobStatus, language: str, state: str) -> dict[str, str]:
    return {**status.languages, language: state}


def _later(status: JobStatus, stage: str) -> str:
    """The stage that is further down the chain."""
    known = status.stage if status.stage in CHAIN else "accept"
    return max(known, stage, key=CHAIN.index)
