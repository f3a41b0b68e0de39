"""subtitle: a finished language becomes files. The transcript's cues follow word times; a translation's its source's."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from processors import recipes
from processors.artefacts import keep, load, load_run, lost_mark, settled
from processors.assemble import targets
from processors.bench import Bench
from processors.compliance import violations
from processors.identify import decision
from processors.layout import lay_out, lay_over
from processors.profiles import profile
from processors.recipes import RESULTS, of_run, slot
from processors.stage import Stage
from processors.subtitle_files import validate, write
from schemas.cues import Cue, SubtitleFormat
from schemas.errors import ErrorInfo
from schemas.events import BlockTranslated, Event, LanguageFailed, SubtitleFile, SubtitlesReady, TranscriptReady
from schemas.plan import Plan
from schemas.records import AudioRecord, BlockRecord, SubtitleRecord, TranscriptEnd, TranslationRecord
from schemas.report import MarkedSentence
from schemas.transcript import Lost, Sentence, Translation


def subtitle(event: TranscriptReady | BlockTranslated, bench: Bench) -> Iterator[Event]:
    """The languages that this input completes."""
    plan = bench.plan_of(event)
    language = _spoken(event, plan, bench)
    told_key = of_run(f"{recipes.written(plan, language)}/told.json", plan)
    if isinstance(event, TranscriptReady):
        told = TranscriptEnd(**{**dict(event), "count": 0})
        keep(bench, told_key, told)
        yield _language(event, plan, told, language, bench)
    end = load(bench, told_key, TranscriptEnd)
    if end is None:
        return
    for target in targets(plan, language) if isinstance(event, TranscriptReady) else [event.target]:
        place = recipes.translated(plan, language, target)
        if all(settled(bench, slot(place, block), plan) for block in range(end.blocks)):
            yield _language(event, plan, end, target, bench)


def record_key(plan: Plan, language: str, target: str) -> str:
    """Where the account of one language of this run stands."""
    return of_run(f"{recipes.shown(plan, language, target)}/{target}.json", plan)


def _spoken(event: TranscriptReady | BlockTranslated, plan: Plan, bench: Bench) -> str:
    if isinstance(event, TranscriptReady):
        return event.language
    found = decision(plan, bench)
    assert found is not None
    return found.language


def _language(event: Event, plan: Plan, end: TranscriptEnd, target: str, bench: Bench) -> SubtitlesReady:
    key = record_key(plan, end.language, target)
    record = load(bench, key, SubtitleRecord) or keep(bench, key, _make(event, plan, end, target, bench))
    assert record.ready is not None
    return record.ready


def _make(event: Event, plan: Plan, end: TranscriptEnd, target: str, bench: Bench) -> SubtitleRecord:
    began = bench.clock()
    style, until = profile(plan.profile), media_end(plan, end, bench)
    place = recipes.written(plan, end.language)
    blocks = [load_run(bench, slot(place, block), BlockRecord, plan) or BlockRecord(index=block) for block in range(end.blocks)]
    sentences = [sentence for block in blocks for sentence in block.sentences]
    lost = [gap for block in blocks for gap in block.lost]
    if target == end.language:
        cues, marked = lay_out(sentences, style, target, until), ()
        work = {"transcribe": (sum(b.chunks for b in blocks), sum(b.seconds for b in blocks))}
    else:
        texts, gaps, seconds = _translations(plan, end, target, blocks, bench)
        cues, marked, lost = lay_over(sentences, texts, style, target, until), _marked(sentences, texts), lost + gaps
        work = {"translate": (len(blocks), seconds)}
    files = tuple(_publish(plan, cues, target, file_format, bench) for file_format in plan.formats)
    ready = SubtitlesReady(
        job=plan.job, run=plan.run, tenant=plan.tenant, language=target,
        source=plan.source.model_dump(mode="json", exclude_none=True),
        kind="transcript" if target == end.language else "translation", files=files, cues=len(cues),
        duration=until, partial=bool(lost), warnings=() if cues else ("no_speech",),
    )  # fmt: skip
    return SubtitleRecord(
        ready=ready, violations=tuple(violations(cues, style, target, until)), marked=marked, lost=tuple(lost),
        suppressed=tuple(each for block in blocks for each in block.suppressed) if target == end.language else (),
        work=work | {f"subtitle {target}": (1, bench.clock() - began)},
    )  # fmt: skip


def media_end(plan: Plan, end: TranscriptEnd, bench: Bench) -> float:
    """Seconds at which a player stops: what the container declares, unless more than a second was decoded past it."""
    audio = load(bench, recipes.end(recipes.audio(plan)), AudioRecord)
    declared = audio.media.duration if audio else None
    return declared if declared and declared >= end.duration - 1.0 else end.duration


def _translations(
    plan: Plan, end: TranscriptEnd, target: str, blocks: list[BlockRecord], bench: Bench
) -> tuple[list[Translation], list[Lost], float]:
    """One per sentence, empty where a block was given up on; the gaps; the seconds it took."""
    place, texts, gaps, seconds = recipes.translated(plan, end.language, target), [], [], 0.0
    for block in blocks:
        record = load_run(bench, slot(place, block.index), TranslationRecord, plan)
        if record is not None:
            texts += record.translations
            seconds += record.seconds
        elif block.sentences:
            mark = lost_mark(bench, slot(place, block.index), plan)
            texts += [Translation(text="")] * len(block.sentences)
            reason = mark.reason if mark else "internal"
            gaps.append(Lost(start=block.sentences[0].start, end=block.sentences[-1].end, reason=reason))
    return texts, gaps, seconds


def _marked(sentences: list[Sentence], texts: list[Translation]) -> tuple[MarkedSentence, ...]:
    return tuple(
        MarkedSentence(sentence=at, start=sentence.start, reason=text.marked)
        for at, (sentence, text) in enumerate(zip(sentences, texts, strict=True))
        if text.marked
    )


def _publish(plan: Plan, cues: list[Cue], language: str, file_format: SubtitleFormat, bench: Bench) -> SubtitleFile:
    """Write, read back, compare, and only then put it where people find it; a later run's file stays."""
    data = write(cues, file_format, language)
    validate(data, file_format, cues)
    key = recipes.result_key(plan, language, file_format)
    if not bench.store.exists(RESULTS, recipes.plan_key(plan.tenant, plan.job, plan.run + 1)):
        bench.store.put(RESULTS, key, data)
    return SubtitleFile(
        format=file_format, bucket=RESULTS, key=key, sha256=sha256(data).hexdigest(), size=len(data)
    )


def _given_up(event: TranscriptReady | BlockTranslated, error: ErrorInfo, bench: Bench) -> Iterable[Event]:
    """A language that can't be laid out fails alone, and says so where its files would be announced."""
    plan = bench.plan_of(event)
    language = _spoken(event, plan, bench)
    failing = [language] if isinstance(event, TranscriptReady) else [event.target]
    for target in failing:
        failed = LanguageFailed(job=event.job, run=event.run, tenant=event.tenant, language=target, error=error)
        record = keep(bench, record_key(plan, language, target), SubtitleRecord(failed=failed))
        yield record.failed or record.ready or failed


STAGE = Stage(
    name="subtitle",
    takes=(TranscriptReady, BlockTranslated),
    gives=(SubtitlesReady, LanguageFailed),
    run=subtitle,
    given_up=_given_up,
)
