"""Stored once, by whoever comes first: how stages keep what they made and recognise what is finished (DESIGN §4.2)."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel

from processors.bench import Bench
from processors.recipes import RESULTS, WORK, lost, of_run, plan_key
from schemas.base import Model, to_bytes
from schemas.errors import Broken, ErrorInfo, NotFound
from schemas.plan import Plan

M = TypeVar("M", bound=BaseModel)


class LostMark(Model):
    """Left in place of an artefact that could not be made in one run of one job."""

    lost: bool = True
    reason: str
    message: str = ""


def load(bench: Bench, key: str, kind: type[M]) -> M | None:
    """The artefact under ``key``, or None."""
    try:
        return kind.model_validate_json(bench.store.get(WORK, key))
    except NotFound:
        return None


def need(bench: Bench, key: str, kind: type[M]) -> M:
    """The artefact under ``key``, which an earlier stage has announced. Raises Broken when it is gone."""
    found = load(bench, key, kind)
    if found is None:
        raise Broken(
            "internal", f"the artefact {key} is gone", "re-run the job: work is kept for some days after its end"
        )
    return found


def keep(bench: Bench, key: str, made: M) -> M:
    """Store ``made`` unless something stands there; what stands there is the truth, and is returned."""
    if bench.store.create(WORK, key, to_bytes(made)):
        return made
    return type(made).model_validate_json(bench.store.get(WORK, key))


def keep_result(bench: Bench, key: str, made: M, kind: type[M]) -> M:
    """As ``keep``, in the bucket of results."""
    if bench.store.create(RESULTS, key, to_bytes(made)):
        return made
    return kind.model_validate_json(bench.store.get(RESULTS, key))


def superseded(plan: Plan, bench: Bench) -> bool:
    """Whether a later run of the job has been planned, whose files are the ones that people are to find."""
    return bench.store.exists(RESULTS, plan_key(plan.tenant, plan.job, plan.run + 1))


def once(bench: Bench, key: str, kind: type[M], make: Callable[[], M]) -> M:
    """The finished artefact, or the one made now."""
    return load(bench, key, kind) or keep(bench, key, make())


def give_up(bench: Bench, key: str, plan: Plan, error: ErrorInfo) -> None:
    """Leave the mark that this run does without the artefact."""
    bench.store.create(WORK, lost(key, plan), to_bytes(LostMark(reason=error.code, message=error.message)))


def lost_mark(bench: Bench, key: str, plan: Plan) -> LostMark | None:
    """The mark of this run, if the item was given up on."""
    return load(bench, lost(key, plan), LostMark)


def load_run(bench: Bench, key: str, kind: type[M], plan: Plan) -> M | None:
    """The artefact as this run sees it: its own lossy one before the common one."""
    return load(bench, of_run(key, plan), kind) or load(bench, key, kind)


def settled(bench: Bench, key: str, plan: Plan) -> bool:
    """Whether a join may count this item: made, or given up on in this run."""
    return any(bench.store.exists(WORK, name) for name in (key, lost(key, plan), of_run(key, plan)))
