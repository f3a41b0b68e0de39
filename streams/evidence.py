"""What stands in the store behind a fact, for those who count: a job's report, a block and its translation."""

from collections.abc import Sequence

from pydantic import BaseModel

from processors import recipes
from processors.artefacts import load_run
from processors.bench import Bench
from processors.identify import decision
from processors.recipes import RESULTS, slot
from schemas.events import BlockTranslated, Event, JobEnded
from schemas.plan import Plan
from schemas.records import BlockRecord, TranslationRecord
from schemas.report import Report


def behind(bench: Bench, event: Event, plan: Plan) -> Sequence[BaseModel]:
    """Nothing for most facts. Raises what the store raises."""
    if isinstance(event, JobEnded):
        return (Report.model_validate_json(bench.store.get(RESULTS, recipes.report_key(plan))),)
    if isinstance(event, BlockTranslated) and not event.lost:
        return _block(bench, event, plan)
    return ()


def _block(bench: Bench, event: BlockTranslated, plan: Plan) -> Sequence[BaseModel]:
    spoken = decision(plan, bench)
    if spoken is None:
        return ()
    source = load_run(bench, slot(recipes.written(plan, spoken.language), event.block), BlockRecord, plan)
    key = slot(recipes.translated(plan, spoken.language, event.target), event.block)
    made = load_run(bench, key, TranslationRecord, plan)
    return (source, made) if source and made else ()
