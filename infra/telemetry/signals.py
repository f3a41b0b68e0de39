"""What a fact says about quality and about its job, as numbers. Pure: facts and records in, measurements out."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from infra.telemetry.catalogue import ERROR, MODEL, OPERATION
from infra.telemetry.numbers import Measured
from schemas.chat import ChatAnswered, ChatDelta
from schemas.events import Event, SpeechTranscribed
from schemas.images import ImagesMade
from schemas.plan import Plan
from schemas.records import BlockRecord, TranslationRecord
from schemas.report import Report


def of_fact(event: Event, plan: Plan | None, now: datetime) -> list[Measured]:
    """From the fact alone."""
    if not isinstance(event, SpeechTranscribed) or event.lost:
        return []
    found = [Measured("chalkstream.speech.chunks", 1, {"language": event.language})]
    if event.index == 0 and event.run == 0 and plan:
        waited = (now - datetime.fromisoformat(plan.created)).total_seconds()
        found.append(Measured("chalkstream.time.to.first.cue", max(0.0, waited), {"tenant": event.tenant}))
    return found + _speech(event)


def _speech(event: SpeechTranscribed) -> list[Measured]:
    by, found = {"language": event.language}, []
    for segment in event.segments:
        found += [
            Measured("chalkstream.speech.surprise", max(0.0, -segment.mean_log_probability), by),
            Measured("chalkstream.speech.silence.probability", segment.no_speech, by),
            Measured("chalkstream.speech.compression", segment.compression, by),
        ]
    words, seconds = sum(len(segment.words) for segment in event.segments), event.end - event.start
    if words and seconds > 0:
        found.append(Measured("chalkstream.speech.words.per.minute", 60 * words / seconds, by))
    return found


def of_records(event: Event, behind: Sequence[BaseModel]) -> list[Measured]:
    """From what stands in the store behind a fact: a report, or a block and its translation."""
    match tuple(behind):
        case (Report() as report,):
            return of_report(report)
        case (BlockRecord() as source, TranslationRecord() as made):
            return of_translation(source, made, getattr(event, "target", ""))
    return []


def of_answer(event: Event, seconds: float) -> list[Measured]:
    """Of a request, ``seconds`` after its work began. A model's name counts only where it was found."""
    match event:
        case ChatDelta(seq=0):
            return [Measured("gen_ai.server.time_to_first_token", seconds, {OPERATION: "chat"})]
        case ChatAnswered() | ImagesMade():
            asked = {OPERATION: "chat" if isinstance(event, ChatAnswered) else "image_generation"}
            asked |= {MODEL: event.model} if event.model and not event.error else {}
            code = {ERROR: event.error.code} if event.error else {}
            return [Measured("gen_ai.server.request.duration", seconds, asked | code), *_tokens(event, asked)]
    return []


def _tokens(event: ChatAnswered | ImagesMade, asked: dict[str, str]) -> list[Measured]:
    if not isinstance(event, ChatAnswered) or event.usage is None:
        return []
    told = {"input": event.usage.prompt_tokens, "output": event.usage.completion_tokens}
    kind = "gen_ai.token.type"
    return [Measured("gen_ai.client.token.usage", count, asked | {kind: name}) for name, count in told.items()]


def of_translation(source: BlockRecord, made: TranslationRecord, target: str) -> list[Measured]:
    """From a block and its translation."""
    by = {"language": target}
    before = sum(len(sentence.text) for sentence in source.sentences)
    after = sum(len(each.text) for each in made.translations)
    ratio = [Measured("chalkstream.translation.length.ratio", after / before, by)] if before else []
    marks = [each.marked for each in made.translations if each.marked]
    return ratio + [Measured("chalkstream.translation.marked", 1, {**by, "reason": mark}) for mark in marks]


def of_report(report: Report) -> list[Measured]:
    """From the end of a job."""
    found = [Measured("chalkstream.jobs", 1, {"state": report.state, "tenant": report.tenant})]
    found += [Measured("chalkstream.audio", report.source.duration or 0.0, {"tenant": report.tenant})]
    for language, each in report.languages.items():
        found.append(Measured("chalkstream.cues", each.cues, {"language": language}))
        rules = each.compliance.violations if each.compliance else ()
        found += [Measured("chalkstream.violations", 1, {"rule": broken.rule}) for broken in rules]
    found += [Measured("chalkstream.suppressed", 1, {"reason": each.reason}) for each in report.suppressed]
    found += [Measured("chalkstream.lost", each.end - each.start, {"reason": each.reason}) for each in report.lost]
    return found
