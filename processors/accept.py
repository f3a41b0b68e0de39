"""accept: an upload becomes a job with a frozen plan. The same upload, however often notified, is the same job.

Wishes come from the object's user metadata, then the tenant's settings, then the defaults. What can't be planned
ends as a failed job with its code; a marker keeps the reconciler from asking again. A job that somebody stopped
is not announced again. Nothing is asked of the store about a name that a store could misunderstand.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from processors.artefacts import keep_result
from processors.bench import Bench
from processors.planning import LONGEST_KEY, Intake, make_plan
from processors.recipes import RESULTS, plan_key, refused_key, stop_key
from processors.stage import Stage
from schemas.base import to_bytes
from schemas.errors import BadInput, ErrorInfo, NotFound
from schemas.events import Event, JobEnded, StoredObject, UploadNotified, VideoAccepted
from schemas.plan import Options, Plan, Source, job_id
from schemas.records import RefusedRecord

NAMES: Final = ("targets", "source-language", "profile", "formats", "track", "traceparent")
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
    tenant, asked, (source, metadata) = intake.tenant(stored.key), Options(), _as_told(stored)
    try:
        intake.allow_name(stored.bucket, stored.key)
        source, metadata = _as_the_store_says(stored, intake)
        asked = wishes(metadata)
        intake.allow(source)
        made = make_plan(
            source, asked, intake.abilities, tenant=tenant, defaults=intake.defaults(tenant), now=intake.now(),
            traceparent=_traceparent(metadata),
        )  # fmt: skip
    except BadInput as error:
        yield _refuse(tenant, source, asked, error.info, bench)
        return
    plan = keep_result(bench, plan_key(tenant, made.job, 0), made, Plan)
    if not _stopped(plan, bench):
        yield VideoAccepted(job=plan.job, tenant=plan.tenant)


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


def _refuse(tenant: str, source: Source, asked: Options, error: ErrorInfo, bench: Bench) -> JobEnded:
    job = job_id(source, asked)
    record = RefusedRecord(error=error, source=source, asked=asked)
    bench.store.put(RESULTS, refused_key(tenant, job), to_bytes(record))
    named = {"bucket": source.bucket[:LONGEST_KEY], "key": source.key[:LONGEST_KEY]}
    return JobEnded(job=job, tenant=tenant, state="failed", error=error, source=named)


def _stopped(plan: Plan, bench: Bench) -> bool:
    marks = (stop_key(plan.tenant, plan.job, action, plan.run) for action in ("cancel", "delete"))
    return any(bench.store.exists(RESULTS, mark) for mark in marks)


def _traceparent(metadata: dict[str, str]) -> str | None:
    told = metadata.get("traceparent", "")
    return told if TRACEPARENT.fullmatch(told) else None


def _list(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


STAGE = Stage(name="accept", takes=(UploadNotified,), gives=(VideoAccepted, JobEnded), run=accept)
