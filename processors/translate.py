"""translate: blocks of sentences into one target language each, many blocks of many jobs in one model call."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from processors import recipes
from processors.artefacts import give_up, keep, load_run, settled
from processors.bench import Bench
from processors.recipes import of_run, slot
from processors.stage import Answer, Batch, Stage
from processors.translation import Wish
from processors.translation import translate as through_model
from schemas.errors import Broken, ErrorInfo
from schemas.events import BlockAssembled, BlockTranslated, Event
from schemas.records import BlockRecord, TranslationRecord
from schemas.transcript import Translation


def translate(events: Sequence[BlockAssembled], bench: Bench) -> Iterator[Answer]:
    """Blocks translated before are announced from the store; the others share the model's batches."""
    began, waiting = bench.clock(), []
    for position, event in enumerate(events):
        if settled(bench, _key(event, bench), bench.plan_of(event)):
            yield position, _done(event)
            yield position, None
        else:
            waiting.append(position)
    blocks = {position: _block(events[position], bench) for position in waiting}
    wishes = [
        (position, Wish(sentence.text, events[position].language, events[position].target))
        for position in waiting
        for sentence in blocks[position].sentences
    ]
    model = bench.engines.translator()
    done = through_model([wish for _, wish in wishes], model.translate, count=model.count, limit=model.max_tokens)
    pairs = zip((position for position, _ in wishes), done, strict=True)
    found = {position: [each for _, each in group] for position, group in groupby(pairs, key=lambda pair: pair[0])}
    share = (bench.clock() - began) / max(1, len(waiting))
    for position in waiting:
        _keep(events[position], blocks[position], found.get(position, []), share, bench)
        yield position, _done(events[position])
        yield position, None


def _key(event: BlockAssembled, bench: Bench) -> str:
    return slot(recipes.translated(bench.plan_of(event), event.language, event.target), event.block)


def _block(event: BlockAssembled, bench: Bench) -> BlockRecord:
    plan = bench.plan_of(event)
    record = load_run(bench, slot(recipes.written(plan, event.language), event.block), BlockRecord, plan)
    if record is None:
        raise Broken("internal", f"block {event.block} of the transcript is gone", "re-run the job")
    return record


def _keep(event: BlockAssembled, block: BlockRecord, found: list[Translation], seconds: float, bench: Bench) -> None:
    made = TranslationRecord(index=event.block, translations=tuple(found), lossy=block.lossy, seconds=seconds)
    key = _key(event, bench)
    keep(bench, of_run(key, bench.plan_of(event)) if block.lossy else key, made)


def _done(event: BlockAssembled, lost: str | None = None) -> BlockTranslated:
    return BlockTranslated(
        job=event.job, run=event.run, tenant=event.tenant, block=event.block, target=event.target, lost=lost
    )


def _given_up(event: BlockAssembled, error: ErrorInfo, bench: Bench) -> Iterable[Event]:
    """The language goes on without this block; the report names its range."""
    give_up(bench, _key(event, bench), bench.plan_of(event), error)
    return [_done(event, error.code)]


STAGE = Stage(
    name="translate",
    takes=(BlockAssembled,),
    gives=(BlockTranslated,),
    run=translate,
    given_up=_given_up,
    batch=Batch(size=64, cost=16_000, wait_ms=50, cost_of=lambda event: float(event.characters)),
    can_crash=True,
    engine="translator",
)
