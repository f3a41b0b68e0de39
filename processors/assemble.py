"""assemble: recognised chunks become sentences, each block as soon as its chunks are there.

A block holds the sentences that begin in eight chunks. Its last sentence may run into the chunk after, its first
words may belong to the block before: so it looks at one chunk on either side.
"""

from collections.abc import Iterator
from math import ceil

from processors import recipes
from processors.artefacts import keep, load, load_run, lost_mark, need, settled
from processors.bench import Bench
from processors.recipes import BLOCK_CHUNKS, of_run, slot, written
from processors.stage import Stage
from processors.text.sentences import block_sentences
from schemas.events import BlockAssembled, Event, SpeechIdentified, SpeechTranscribed, TranscriptReady
from schemas.plan import Plan
from schemas.records import BlockRecord, ChunkRecord, TranscriptEnd, TranscriptRecord
from schemas.transcript import Lost, Word


def targets(plan: Plan, language: str) -> tuple[str, ...]:
    """The languages to translate into: those asked for, less the spoken one."""
    return tuple(target for target in plan.targets if target != language)


def blocks_touched(index: int) -> list[int]:
    """The blocks that chunk ``index`` belongs to or is a neighbour of."""
    return sorted({max(0, index - 1) // BLOCK_CHUNKS, index // BLOCK_CHUNKS, (index + 1) // BLOCK_CHUNKS})


def assemble(event: SpeechTranscribed | SpeechIdentified, bench: Bench) -> Iterator[Event]:
    """The blocks that this input completes, and the transcript when it completes that."""
    plan, language = bench.plan_of(event), event.language
    if isinstance(event, SpeechIdentified):
        blocks = ceil(event.count / BLOCK_CHUNKS)
        told = TranscriptEnd(language=language, count=event.count, blocks=blocks, sentences=0, duration=event.duration)
        keep(bench, of_run(recipes.end(written(plan, language)), plan), told)
    end = _end(plan, language, bench)
    for block in _touched(event):
        if _complete(plan, language, block, end, bench):
            yield from _announce(event, plan, _block(plan, language, block, end, bench))
    end = end or _end(plan, language, bench)  # who keeps the end and who keeps the last block may be two threads
    if end and all(settled(bench, _block_key(plan, language, block), plan) for block in range(end.blocks)):
        yield _ready(event, plan, end, bench)


def _end(plan: Plan, language: str, bench: Bench) -> TranscriptEnd | None:
    return load_run(bench, recipes.end(written(plan, language)), TranscriptEnd, plan)


def _touched(event: SpeechTranscribed | SpeechIdentified) -> list[int]:
    """The blocks this input may complete; the end of the stream can complete the last one only."""
    if isinstance(event, SpeechTranscribed):
        return blocks_touched(event.index)
    return [ceil(event.count / BLOCK_CHUNKS) - 1] if event.count else []


def _block_key(plan: Plan, language: str, block: int) -> str:
    return slot(written(plan, language), block)


def _neighbourhood(block: int, end: TranscriptEnd | None) -> range:
    last = (block + 1) * BLOCK_CHUNKS
    return range(max(0, block * BLOCK_CHUNKS - 1), min(last + 1, end.count) if end else last + 1)


def _complete(plan: Plan, language: str, block: int, end: TranscriptEnd | None, bench: Bench) -> bool:
    if end and block >= end.blocks:
        return False
    heard = recipes.heard(plan, language)
    return all(settled(bench, slot(heard, index), plan) for index in reversed(_neighbourhood(block, end)))


def _block(plan: Plan, language: str, block: int, end: TranscriptEnd | None, bench: Bench) -> BlockRecord:
    key = _block_key(plan, language, block)
    if record := load_run(bench, key, BlockRecord, plan):
        return record
    made = _make(plan, language, block, end, bench)
    return keep(bench, of_run(key, plan) if made.lossy else key, made)


def _make(plan: Plan, language: str, block: int, end: TranscriptEnd | None, bench: Bench) -> BlockRecord:
    around = _neighbourhood(block, end)
    heard = {index: load(bench, slot(recipes.heard(plan, language), index), TranscriptRecord) for index in around}
    own = [index for index in around if index // BLOCK_CHUNKS == block]
    there = [record for index in own if (record := heard[index])]
    sentences = block_sentences(
        [words(heard[index]) for index in around], first=own[0] - around[0], last=own[-1] - around[0], language=language
    )
    return BlockRecord(
        index=block,
        sentences=tuple(sentences),
        suppressed=tuple(each for record in there for each in record.suppressed),
        lost=tuple(_lost(plan, language, index, bench) for index in own if heard[index] is None),
        chunks=len(there),
        lossy=None in heard.values(),
        seconds=sum(record.seconds for record in there),
    )


def words(record: TranscriptRecord | None) -> tuple[Word, ...] | None:
    """The words of a chunk. The first word of a segment begins where the segment says (DESIGN §3: word times lead)."""
    if record is None:
        return None
    found: list[Word] = []
    for segment in record.segments:
        if segment.words:
            first, *rest = segment.words
            start = min(max(first.start, segment.start), first.end)
            found += [Word(start=start, end=first.end, text=first.text, probability=first.probability), *rest]
    return tuple(found)


def _lost(plan: Plan, language: str, index: int, bench: Bench) -> Lost:
    chunk = need(bench, slot(recipes.speech(plan), index), ChunkRecord)
    mark = lost_mark(bench, slot(recipes.heard(plan, language), index), plan)
    return Lost(start=chunk.start, end=chunk.end, reason=mark.reason if mark else "internal")


def _announce(event: Event, plan: Plan, record: BlockRecord) -> Iterator[BlockAssembled]:
    language: str = event.language  # type: ignore[attr-defined]
    for target in targets(plan, language):
        yield BlockAssembled(
            job=event.job, run=event.run, tenant=event.tenant, block=record.index, language=language, target=target,
            sentences=len(record.sentences), characters=sum(len(sentence.text) for sentence in record.sentences),
        )  # fmt: skip


def _ready(event: Event, plan: Plan, end: TranscriptEnd, bench: Bench) -> TranscriptReady:
    keys = (_block_key(plan, end.language, block) for block in range(end.blocks))
    blocks = (load_run(bench, key, BlockRecord, plan) for key in keys)
    return TranscriptReady(
        job=event.job, run=event.run, tenant=event.tenant, language=end.language, blocks=end.blocks,
        sentences=sum(len(block.sentences) for block in blocks if block), duration=end.duration,
    )  # fmt: skip


STAGE = Stage(
    name="assemble",
    takes=(SpeechTranscribed, SpeechIdentified),
    gives=(BlockAssembled, TranscriptReady),
    run=assemble,
)
