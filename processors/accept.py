"""accept: an upload becomes a job with a frozen plan. The same upload, however often notified, is the same job.

Wishes come from the object's user metadata, then the tenant's settings, then the defaults. What can't be planned
ends as a failed job with its code; a marker keeps the reconciler from asking again, and what is accepted after all is
the job's next run (an ended one never goes back). A job that somebody stopped is not announced again. Nothing is asked
of the store about a name that a store could misunderstand.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from processors.artefacts import keep_result
from processors.bench import Bench
from processors.planning import LONGEST_KEY, Intake, make_plan
from processors.recipes import RESULTS, plan_key, refused_key, stop_key
from processors.stage import Stage
from schemas.base import to_bytes
from schemas.errors import BadInput, ErrorInfo, NotFound, Unavailable
from schemas.events import Event, JobEnded, StoredObject, UploadNotified, VideoAccepted
from schemas.plan import Options, Plan, Source, job_id
from schemas.records import RefusedRecord

NAMES: Final = ("targets", "source-language", "profile", "formats", "track", "traceparent")
NOBODY: Final = "default"
"""The tenant where none is declared."""
TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def accept(event: UploadNotified, bench: Bench) -> Iterator[Event]:
    """One job per object that holds something."""
    for stored in event.objects:
        if not is_folder(stored.key, stored.size):
            yield from admit(stored, bench)


def is_folder(key: str, size: int) -> bool:
    """Whether the object only marks a directory, as some clients make them."""
    return key.endswith("/") and size == 0


def admit(stored: StoredObject, bench: Bench) -> Iterator[Event]:
    """Plan the object; whoever tells of it, and however often, the answer is the same."""
    intake = bench.intake
    if intake is None:
        raise BadInput("invalid_request", "this process takes no uploads")
    tenant, upload = intake.tenant(stored.key), understood(stored, intake)
    try:
        made = _planned(upload, tenant, intake)
    except BadInput as error:
        yield _refuse(tenant, upload, error.info, bench)
        return
    if bench.store.exists(RESULTS, stop_key(tenant, made.job, "delete", 0)):
        return  # told once more after all of it was taken away: nothing is written anew
    run = int(bench.store.exists(RESULTS, refused_key(tenant, made.job)))
    plan = keep_result(bench, plan_key(tenant, made.job, run), made.model_copy(update={"run": run}), Plan)
    if not _stopped(plan, bench):
        yield VideoAccepted(job=plan.job, run=run, tenant=plan.tenant)


@dataclass(frozen=True)
class Upload:
    """An object as it is planned for; ``wrong`` when its name or its wishes can't be used."""

    source: Source
    asked: Options = field(default_factory=Options)
    traceparent: str | None = None
    wrong: BadInput | None = None

    @property
    def job(self) -> str:
        """Its job, planned or refused."""
        return job_id(self.source, self.asked)


def understood(stored: StoredObject, intake: Intake) -> Upload:
    """What the object is and asks for; the reconciler asks it too, so that both name the same job."""
    source, metadata = _as_told(stored)
    try:
        intake.allow_name(stored.bucket, stored.key)
        source, metadata = _as_the_store_says(stored, intake)
        return Upload(source, wishes(metadata), _traceparent(metadata))
    except BadInput as error:
        return Upload(source, wrong=error)


def _planned(upload: Upload, tenant: str, intake: Intake) -> Plan:
    if upload.wrong:
        raise upload.wrong
    intake.allow(upload.source)
    return make_plan(
        upload.source, upload.asked, intake.abilities, tenant=tenant, defaults=intake.defaults(tenant),
        now=intake.now(), traceparent=upload.traceparent,
    )  # fmt: skip


def wishes(metadata: dict[str, str]) -> Options:
    """The object's own options (CONTRACT §2). Raises BadInput("invalid_request")."""
    formats = _list(metadata.get("formats"))
    if formats is not None and (not formats or set(formats) - {"srt", "vtt"}):
        raise BadInput("invalid_request", f"formats {','.join(formats)!r} are not known", "use srt, vtt or both")
    track = metadata.get("track", "")
    if track and not re.fullmatch(r"[0-9]{1,4}", track):
        raise BadInput("invalid_request", f"track {track[:20]!r} is no number", "use the stream's index")
    return Options(
        targets=_list(metadata.get("targets")), source_language=metadata.get("source-language"),
        profile=metadata.get("profile"), formats=formats, track=int(track) if track else None,
    )  # fmt: skip


def _as_the_store_says(stored: StoredObject, intake: Intake) -> tuple[Source, dict[str, str]]:
    """HEAD where the object still is what was notified; gone, the notification's own word (demux will find it gone)."""
    try:
        facts = intake.head(stored.bucket, stored.key, stored.version_id)
    except NotFound:
        return _as_told(stored)
    source = Source(bucket=stored.bucket, key=stored.key, etag=facts.etag, size=facts.size, version_id=facts.version_id)
    return source, _known(facts.metadata)


def _as_told(stored: StoredObject) -> tuple[Source, dict[str, str]]:
    told = Source(bucket=stored.bucket, key=stored.key, etag=stored.etag, size=stored.size)
    return told.model_copy(update={"version_id": stored.version_id}), _known(stored.metadata)


def _known(metadata: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in metadata.items() if name in NAMES}


def given_up(event: UploadNotified, error: ErrorInfo, bench: Bench) -> Iterator[Event]:
    """Each upload that has no plan by now ends as the failed job that it would have been."""
    for stored in event.objects:
        if is_folder(stored.key, stored.size):
            continue
        tenant = bench.intake.tenant(stored.key) if bench.intake else NOBODY
        upload = _understood_at_all(stored, bench.intake)
        if bench.store.exists(RESULTS, plan_key(tenant, upload.job, 0)):
            yield VideoAccepted(job=upload.job, tenant=tenant)
        else:
            yield _refuse(tenant, upload, error, bench)


def _understood_at_all(stored: StoredObject, intake: Intake | None) -> Upload:
    """As far as it can be, where what went wrong may be the understanding."""
    told, metadata = _as_told(stored)
    try:
        return understood(stored, intake) if intake else Upload(told, wishes(metadata))
    except Unavailable:
        raise
    except Exception as error:
        return Upload(told, wrong=error if isinstance(error, BadInput) else None)


def _refuse(tenant: str, upload: Upload, error: ErrorInfo, bench: Bench) -> JobEnded:
    record = RefusedRecord(error=error, source=upload.source, asked=upload.asked)
    bench.store.put(RESULTS, refused_key(tenant, upload.job), to_bytes(record))
    named = {"bucket": upload.source.bucket[:LONGEST_KEY], "key": upload.source.key[:LONGEST_KEY]}
    return JobEnded(job=upload.job, tenant=tenant, state="failed", error=error, source=named)


def _stopped(plan: Plan, bench: Bench) -> bool:
    marks = (stop_key(plan.tenant, plan.job, action, plan.run) for action in ("cancel", "delete"))
    return any(bench.store.exists(RESULTS, mark) for mark in marks)


def _traceparent(metadata: dict[str, str]) -> str | None:
    told = metadata.get("traceparent", "")
    return told if TRACEPARENT.fullmatch(told) else None


def _list(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


STAGE = Stage(name="accept", takes=(UploadNotified,), gives=(VideoAccepted, JobEnded), run=accept, given_up=given_up)
