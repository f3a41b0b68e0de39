"""subtitle: a finished language becomes files. A transcript's cues follow word times."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from processors import recipes
from processors.artefacts import keep, load, load_run, lost_mark, settled, superseded
from processors.assemble import targets
from processors.bench import Bench
from processors.identify import decision
from processors.recipes import RESULTS, of_run, slot
from processors.stage import Stage
from processors.text.compliance import violations
from processors.text.layout import lay_out, lay_over
from processors.text.profiles import profile
from processors.text.subtitle_files import validate, write
from schemas.cues import Cue, SubtitleFormat
from schemas.edits import STATE, EditRecord, edit_key
from schemas.errors import BAD_INPUT_CODES, Broken, ErrorInfo, NotFound
from schemas.events import BlockTranslated, Event, LanguageFailed, SubtitleFile, SubtitlesReady, TranscriptReady
from schemas.plan import Plan
from schemas.records import AudioRecord, BlockRecord, SubtitleRecord, TranscriptEnd, TranslationRecord
from schemas.report import MarkedSentence
from schemas.transcript import Lost, Sentence, Suppressed, Translation


def subtitle(event: TranscriptReady | BlockTranslated, bench: Bench) -> Iterator[Event]:
    """The languages that this input completes."""
    plan = bench.plan_of(event)
    language = _spoken(event, plan, bench)
    told_key = of_run(f"{recipes.written(plan, language)}/told.json", plan)
    if isinstance(event, TranscriptReady):
        told = TranscriptEnd(**{**dict(event), "count": 0})
        keep(bench, told_key, told)
        yield _language(plan, told, language, bench)
    end = load(bench, told_key, TranscriptEnd)
    if end is None:
        return
    for target in targets(plan, language) if isinstance(event, TranscriptReady) else [event.target]:
        place = recipes.translated(plan, language, target)
        if all(settled(bench, slot(place, block), plan) for block in range(end.blocks)):
            yield _language(plan, end, target, bench)


def record_key(plan: Plan, language: str, target: str) -> str:
    """Where the account of one language of this run stands."""
    return of_run(f"{recipes.shown(plan, language, target)}/{target}.json", plan)


def _spoken(event: TranscriptReady | BlockTranslated, plan: Plan, bench: Bench) -> str:
    if isinstance(event, TranscriptReady):
        return event.language
    found = decision(plan, bench)
    return found.language if found else "und"


def _language(plan: Plan, end: TranscriptEnd, target: str, bench: Bench) -> SubtitlesReady | LanguageFailed:
    key = record_key(plan, end.language, target)
    record = load(bench, key, SubtitleRecord) or keep(bench, key, _make(plan, end, target, bench))
    answer = record.ready or record.failed
    if answer is None:
        raise Broken("internal", f"the account of {target} says nothing")
    return answer


@dataclass(frozen=True)
class _Laid:
    """A language as cues, before it is written."""

    cues: list[Cue]
    lost: list[Lost]
    work: dict[str, tuple[int, float]]
    suppressed: list[Suppressed] = field(default_factory=list)
    marked: list[MarkedSentence] = field(default_factory=list)


def _make(plan: Plan, end: TranscriptEnd, target: str, bench: Bench) -> SubtitleRecord:
    began = bench.clock()
    style, until = profile(plan.profile), media_end(plan, end, bench)
    place = recipes.written(plan, end.language)
    found = (load_run(bench, slot(place, block), BlockRecord, plan) for block in range(end.blocks))
    blocks = [block for block in found if block is not None]
    lay = _transcript if target == end.language else _translation
    laid = _as_edited(lay(plan, end, target, blocks, bench), plan, target, bench)
    if blocks and not laid.cues and (refused := _refused(laid.lost)):
        return SubtitleRecord(failed=_failed(plan, target, refused))
    ready = SubtitlesReady(
        job=plan.job, run=plan.run, tenant=plan.tenant, language=target,
        source=plan.source.model_dump(mode="json", exclude_none=True),
        kind="transcript" if target == end.language else "translation",
        files=tuple(_publish(plan, laid.cues, target, file_format, bench) for file_format in plan.formats),
        cues=len(laid.cues), duration=until, partial=bool(laid.lost), warnings=() if laid.cues else ("no_speech",),
    )  # fmt: skip
    return SubtitleRecord(
        ready=ready, violations=tuple(violations(laid.cues, style, target, until)), marked=tuple(laid.marked),
        lost=tuple(laid.lost), suppressed=tuple(laid.suppressed),
        work=laid.work | {"subtitle": (1, bench.clock() - began)},
    )  # fmt: skip


def _transcript(plan: Plan, end: TranscriptEnd, target: str, blocks: list[BlockRecord], bench: Bench) -> _Laid:
    sentences = [sentence for block in blocks for sentence in block.sentences]
    return _Laid(
        cues=lay_out(sentences, profile(plan.profile), target, media_end(plan, end, bench)),
        lost=[gap for block in blocks for gap in block.lost],
        suppressed=[each for block in blocks for each in block.suppressed],
        work={"transcribe": (sum(block.chunks for block in blocks), sum(block.seconds for block in blocks))},
    )


def _translation(plan: Plan, end: TranscriptEnd, target: str, blocks: list[BlockRecord], bench: Bench) -> _Laid:
    sentences = [sentence for block in blocks for sentence in block.sentences]
    texts, gaps, seconds = _translations(plan, end, target, blocks, bench)
    return _Laid(
        cues=lay_over(sentences, texts, profile(plan.profile), target, media_end(plan, end, bench)),
        lost=[gap for block in blocks for gap in block.lost] + gaps,
        marked=_marked(sentences, texts),
        work={"translate": (len(blocks), seconds)},
    )


def _as_edited(laid: _Laid, plan: Plan, target: str, bench: Bench) -> _Laid:
    """What a person has made of it, if somebody has: an edit goes before what is made, in every run."""
    try:
        data = bench.store.get(STATE, edit_key(plan.tenant, plan.job, target))
    except NotFound:
        return laid
    return replace(laid, cues=list(EditRecord.model_validate_json(data).cues))


def _refused(lost: list[Lost]) -> str | None:
    """The code of a language that failed as a whole because the model can't do it."""
    return next((gap.reason for gap in lost if gap.reason in BAD_INPUT_CODES), None)


def _failed(plan: Plan, target: str, code: str) -> LanguageFailed:
    error = ErrorInfo(code=code, message=f"nothing could be translated into {target}")
    return LanguageFailed(job=plan.job, run=plan.run, tenant=plan.tenant, language=target, error=error)


def media_end(plan: Plan, end: TranscriptEnd, bench: Bench) -> float:
    """Seconds at which a player stops: what the container declares, unless more than a second was decoded past it."""
    audio = load(bench, recipes.end(recipes.audio(plan)), AudioRecord)
    declared = audio.media.duration if audio else None
    return declared if declared and declared >= end.duration - 1.0 else end.duration


def _translations(
    plan: Plan, end: TranscriptEnd, target: str, blocks: list[BlockRecord], bench: Bench
) -> tuple[list[Translation], list[Lost], float]:
    """One per sentence, empty where a block was given up on; the gaps; the seconds it took."""
    place, seconds = recipes.translated(plan, end.language, target), 0.0
    texts: list[Translation] = []
    gaps: list[Lost] = []
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


def _marked(sentences: list[Sentence], texts: list[Translation]) -> list[MarkedSentence]:
    return [
        MarkedSentence(sentence=at, start=sentence.start, reason=text.marked)
        for at, (sentence, text) in enumerate(zip(sentences, texts, strict=True))
        if text.marked
    ]


def _publish(plan: Plan, cues: list[Cue], language: str, file_format: SubtitleFormat, bench: Bench) -> SubtitleFile:
    """Write, read back, compare, and only then put it where people find it; a later run's file stays."""
    data = write(cues, file_format, language)
    validate(data, file_format, cues)
    key = recipes.result_key(plan, language, file_format)
    if not superseded(plan, bench):
        bench.store.put(RESULTS, key, data)
    return SubtitleFile(format=file_format, bucket=RESULTS, key=key, sha256=sha256(data).hexdigest(), size=len(data))


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
