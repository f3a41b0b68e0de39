"""finish: when every language of a job has come to its end, the report is written and the job ends."""

from collections.abc import Iterator

from processors import recipes
from processors.artefacts import load, need, superseded
from processors.assemble import targets
from processors.bench import Bench
from processors.identify import decision
from processors.recipes import RESULTS
from processors.stage import Stage
from processors.subtitle import record_key
from schemas import tracing
from schemas.base import to_bytes
from schemas.events import Event, JobEnded, LanguageFailed, SubtitlesReady
from schemas.plan import Plan
from schemas.records import AudioRecord, LanguageRecord, SpeechRecord, SubtitleRecord
from schemas.report import Compliance, LanguageReport, Report, ReportLanguage, ReportSource, Timing
from schemas.transcript import Lost


def finish(event: SubtitlesReady | LanguageFailed, bench: Bench) -> Iterator[Event]:
    """The end of the job, at its last language."""
    plan = bench.plan_of(event)
    spoken = decision(plan, bench) or LanguageRecord(language="und", probability=0.0)
    expected = (spoken.language, *targets(plan, spoken.language))
    found = {target: load(bench, record_key(plan, spoken.language, target), SubtitleRecord) for target in expected}
    records = {target: record for target, record in found.items() if record}
    if len(records) < len(expected):
        return
    report = _report(plan, spoken, records, bench)
    if not superseded(plan, bench):
        bench.store.put(RESULTS, recipes.report_key(plan), to_bytes(report))
    yield JobEnded(
        job=event.job, run=event.run, tenant=event.tenant, state=report.state, error=report.error,
        languages={target: _state(record) for target, record in records.items()}, warnings=report.warnings,
    )  # fmt: skip


def _state(record: SubtitleRecord) -> str:
    if record.ready is None:
        return "failed"
    return "partial" if record.lost else "done"


def _report(plan: Plan, spoken: LanguageRecord, records: dict[str, SubtitleRecord], bench: Bench) -> Report:
    audio = need(bench, recipes.end(recipes.audio(plan)), AudioRecord)
    transcript = records[spoken.language]
    lost = (*audio.end.lost, *transcript.lost)
    return Report(
        job=plan.job, run=plan.run, tenant=plan.tenant, state=_outcome(records, lost),
        source=_source(plan, audio),
        language=ReportLanguage(detected=spoken.language, probability=spoken.probability),
        models={"asr": plan.asr} | ({"mt": plan.mt} if plan.mt else {}),
        languages={target: _language(plan, record) for target, record in records.items()},
        suppressed=transcript.suppressed, lost=lost, warnings=_warnings(audio, transcript, spoken),
        timings=_timings(plan, audio, spoken, records, bench),
        error=next((record.error for record in records.values() if record.error), None),
        chalkstream={"version": bench.version, "trace": tracing.trace_id(tracing.root(plan.job, plan.traceparent))},
    )  # fmt: skip


def _outcome(records: dict[str, SubtitleRecord], lost: tuple[Lost, ...]) -> str:
    states = {_state(record) for record in records.values()}
    if states == {"failed"}:
        return "failed"
    return "partial" if lost or states != {"done"} else "done"


def _source(plan: Plan, audio: AudioRecord) -> ReportSource:
    return ReportSource(
        **plan.source.model_dump(), sha256=audio.sha256, duration=audio.media.duration,
        container=audio.media.container, streams=audio.media.tracks,
    )  # fmt: skip


def _language(plan: Plan, record: SubtitleRecord) -> LanguageReport:
    compliance = Compliance(profile=plan.profile, violations=record.violations)
    if record.ready is None:
        return LanguageReport(error=record.error)
    return LanguageReport(files=record.ready.files, cues=record.ready.cues, compliance=compliance, marked=record.marked)


def _warnings(audio: AudioRecord, transcript: SubtitleRecord, spoken: LanguageRecord) -> tuple[str, ...]:
    said = (*audio.media.warnings, *audio.end.warnings, *(transcript.ready.warnings if transcript.ready else ()))
    unsure = ("language_uncertain",) if 0.0 < spoken.probability < 0.5 else ()
    return tuple(dict.fromkeys((*said, *unsure)))


def _timings(
    plan: Plan, audio: AudioRecord, spoken: LanguageRecord, records: dict[str, SubtitleRecord], bench: Bench
) -> dict[str, Timing]:
    speech = load(bench, recipes.end(recipes.speech(plan)), SpeechRecord)
    timings = {
        "demux": Timing(count=1, seconds=audio.seconds),
        "chunk": Timing(count=audio.count, seconds=speech.seconds if speech else 0.0),
        "identify": Timing(count=len(spoken.windows), seconds=sum(window.seconds for window in spoken.windows)),
    }
    for record in records.values():
        for name, (count, seconds) in record.work.items():
            stage = name.split()[0]
            before = timings.get(stage, Timing())
            timings[stage] = Timing(count=before.count + count, seconds=before.seconds + seconds)
    return timings


STAGE = Stage(name="finish", takes=(SubtitlesReady, LanguageFailed), gives=(JobEnded,), run=finish)
