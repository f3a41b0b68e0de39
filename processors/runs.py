"""The runs of a job as its plans tell, and the next one: what has not changed is found again by its recipe.

Used by everybody who starts a job anew (command line, redrive, gateway); no stage.
"""

import re
from collections.abc import Iterable

from processors.bench import Bench, Store
from processors.planning import Intake, make_plan
from processors.recipes import RESULTS, plan_key, refused_key, stop_key
from schemas.base import to_bytes
from schemas.errors import BadInput, NotFound
from schemas.events import VideoAccepted
from schemas.plan import Options, Plan
from schemas.records import RefusedRecord

PLAN = re.compile(r"plan(?:\.([0-9]+))?\.json")


def home(store: Store, job: str, tenants: Iterable[str]) -> str:
    """The tenant that the job belongs to. Raises NotFound."""
    for tenant in tenants:
        if any(True for _ in store.names(RESULTS, f"{tenant}/{job}/")):
            return tenant
    raise NotFound(f"there is no job {job!r}", "see 'chalkstream watch', or submit it first")


def highest(store: Store, tenant: str, job: str) -> int | None:
    """The number of the newest run; None for a job that could not be planned."""
    names = (name.rpartition("/")[2] for name in store.names(RESULTS, f"{tenant}/{job}/plan."))
    return max((int(found[1] or 0) for name in names if (found := PLAN.fullmatch(name))), default=None)


def unbegun(store: Store, tenant: str, job: str, known: int) -> VideoAccepted | None:
    """The fact that starts the newest run, where that one is planned but ``known`` (the newest that was heard of) is
    older: whoever planned it may have died before saying so, and saying it twice is harmless."""
    last = highest(store, tenant, job)
    return VideoAccepted(job=job, run=last, tenant=tenant) if last is not None and last > max(known, 0) else None


def next_run(job: str, tenant: str, asked: Options, bench: Bench) -> VideoAccepted:
    """Plan one more run, with other wishes where ``asked`` has any; the fact that starts it.

    Raises NotFound, BadInput where it can't be planned, and BadInput("conflict") when somebody else was faster.
    """
    if bench.intake is None:
        raise BadInput("invalid_request", "this process starts no jobs")
    if bench.store.exists(RESULTS, stop_key(tenant, job, "delete", 0)):
        raise NotFound(f"the job {job!r} was deleted", "upload the file again under another name")
    last = highest(bench.store, tenant, job)
    plan = _again(job, tenant, last, asked, bench.store, bench.intake)
    if not bench.store.create(RESULTS, plan_key(tenant, job, plan.run), to_bytes(plan)):
        raise BadInput("conflict", f"somebody else has just started run {plan.run} of this job", "watch it instead")
    return VideoAccepted(job=job, run=plan.run, tenant=tenant)


def _again(job: str, tenant: str, last: int | None, asked: Options, store: Store, intake: Intake) -> Plan:
    if last is None:
        refused = RefusedRecord.model_validate_json(store.get(RESULTS, refused_key(tenant, job)))
        source, wish = refused.source, asked.over(refused.asked)
    else:
        before = Plan.model_validate_json(store.get(RESULTS, plan_key(tenant, job, last)))
        source, wish = before.source, asked.over(wishes_of(before))
    intake.allow_name(source.bucket, source.key)
    intake.allow(source)
    plan = make_plan(
        source, wish, intake.abilities, tenant=tenant, defaults=intake.defaults(tenant), now=intake.now(),
        run=(last or 0) + 1,
    )  # fmt: skip
    return plan.model_copy(update={"job": job})


def wishes_of(plan: Plan) -> Options:
    """What the plan froze, as wishes."""
    return Options(
        targets=plan.targets, source_language=plan.source_language, profile=plan.profile, formats=plan.formats,
        track=plan.track,
    )  # fmt: skip
