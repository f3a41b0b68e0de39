"""accept: an upload becomes a job with a frozen plan. The same upload, however often notified, is the same job.

Wishes come from the object's user metadata, then the tenant's settings, then the defaults. What can't be planned
ends as a failed job with its code; a marker keeps the reconciler from asking again.
"""

from collections.abc import Iterator

from processors.artefacts import keep_result
from processors.bench import Bench
from processors.planning import Intake, make_plan
from processors.recipes import RESULTS, plan_key, refused_key
from processors.stage import Stage
from schemas.base import to_bytes
from schemas.errors import BadInput, NotFound
from schemas.events import Event, JobEnded, StoredObject, UploadNotified, VideoAccepted
from schemas.plan import Options, Plan, Source, job_id

NAMES = ("targets", "source-language", "profile", "formats", "track", "traceparent")


def accept(event: UploadNotified, bench: Bench) -> Iterator[Event]:
    """One job per object that holds something."""
    for stored in event.objects:
        if not (stored.key.endswith("/") and stored.size == 0):
            yield from admit(stored, bench)


def admit(stored: StoredObject, bench: Bench) -> Iterator[Event]:
    """Plan the object; also what the reconciler calls, so that both say the same."""
    intake = bench.intake
    if intake is None:
        raise BadInput("invalid_request", "this process takes no uploads")
    source, metadata = _as_the_store_says(stored, intake)
    tenant = intake.tenant(source.key)
    asked = Options()
    try:
        asked = wishes(metadata)
        intake.allow(source)
        made = make_plan(
            source, asked, intake.abilities, tenant=tenant, defaults=intake.defaults(tenant), now=intake.now(),
            traceparent=metadata.get("traceparent"),
        )  # fmt: skip
    except BadInput as error:
        job = job_id(source, asked)
        bench.store.put(RESULTS, refused_key(tenant, job), to_bytes(error.info))
        yield JobEnded(job=job, tenant=tenant, state="failed", error=error.info, source=_named(source))
        return
    plan = keep_result(bench, plan_key(tenant, made.job, 0), made, Plan)
    yield VideoAccepted(job=plan.job, tenant=plan.tenant)


def wishes(metadata: dict[str, str]) -> Options:
    """The object's own options (CONTRACT §2). Raises BadInput("invalid_request")."""
    formats = _list(metadata.get("formats"))
    if formats and set(formats) - {"srt", "vtt"}:
        raise BadInput("invalid_request", f"formats {','.join(formats)!r} are not known", "use srt, vtt or both")
    track = metadata.get("track", "")
    return Options(
        targets=_list(metadata.get("targets")), source_language=metadata.get("source-language"),
        profile=metadata.get("profile"), formats=formats, track=int(track) if track.isdecimal() else None,
    )  # fmt: skip


def _as_the_store_says(stored: StoredObject, intake: Intake) -> tuple[Source, dict[str, str]]:
    """HEAD where the object still is what was notified; gone, the notification's own word (demux will find it gone)."""
    try:
        facts = intake.head(stored.bucket, stored.key, stored.version_id)
    except NotFound:
        told = Source(
            bucket=stored.bucket, key=stored.key, etag=stored.etag, size=stored.size, version_id=stored.version_id
        )
        return told, {}
    source = Source(bucket=stored.bucket, key=stored.key, etag=facts.etag, size=facts.size, version_id=facts.version_id)
    return source, {name: value for name, value in facts.metadata.items() if name in NAMES}


def _named(source: Source) -> dict[str, str]:
    return {"bucket": source.bucket, "key": source.key}


def _list(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


STAGE = Stage(name="accept", takes=(UploadNotified,), gives=(VideoAccepted, JobEnded), run=accept)
