"""transcribe: one chunk of speech becomes text with times on the media clock. The costly stage."""

from collections.abc import Iterable, Iterator

from processors import recipes
from processors.artefacts import give_up, need, once
from processors.bench import Bench, Recognition
from processors.recipes import slot
from processors.sound import samples
from processors.stage import Stage
from schemas.errors import ErrorInfo
from schemas.events import Event, SpeechFound, SpeechTranscribed
from schemas.plan import Plan
from schemas.records import ChunkRecord, TranscriptRecord
from schemas.transcript import Segment, Suppressed, Word


def transcribe(event: SpeechFound, bench: Bench) -> Iterator[Event]:
    """The chunk's text; recognised before: announced from what is stored."""
    plan = bench.plan_of(event)
    key = slot(recipes.heard(plan, event.language), event.index)
    record = once(bench, key, TranscriptRecord, lambda: _recognise(event, plan, bench))
    yield _announce(event, record.segments, None)


def _recognise(event: SpeechFound, plan: Plan, bench: Bench) -> TranscriptRecord:
    began = bench.clock()
    chunk = need(bench, slot(recipes.speech(plan), event.index), ChunkRecord)
    spans = [(start - chunk.start, end - chunk.start) for start, end in chunk.spans]
    audio = samples(plan, chunk.start, chunk.end, bench)
    heard = shifted(bench.engines.recogniser().recognise(audio, event.language, spans), chunk.start)
    return TranscriptRecord(
        index=event.index, start=chunk.start, end=chunk.end, language=event.language,
        segments=heard.segments, suppressed=heard.suppressed, seconds=bench.clock() - began,
    )  # fmt: skip


def shifted(heard: Recognition, by: float) -> Recognition:
    """The same with all times ``by`` seconds later."""

    def word(old: Word) -> Word:
        return Word(start=old.start + by, end=old.end + by, text=old.text, probability=old.probability)

    def segment(old: Segment) -> Segment:
        return Segment(
            **{**dict(old), "start": old.start + by, "end": old.end + by, "words": tuple(map(word, old.words))}
        )

    def suppressed(old: Suppressed) -> Suppressed:
        return Suppressed(**{**dict(old), "start": old.start + by, "end": old.end + by})

    return Recognition(tuple(map(segment, heard.segments)), tuple(map(suppressed, heard.suppressed)))


def _announce(event: SpeechFound, segments: tuple[Segment, ...], lost: str | None) -> SpeechTranscribed:
    return SpeechTranscribed(
        job=event.job, run=event.run, tenant=event.tenant, index=event.index,
        start=event.start, end=event.end, language=event.language, segments=segments, lost=lost,
    )  # fmt: skip


def _given_up(event: SpeechFound, error: ErrorInfo, bench: Bench) -> Iterable[Event]:
    """The lecture goes on without this chunk; its range stands in the report as lost."""
    plan = bench.plan_of(event)
    give_up(bench, slot(recipes.heard(plan, event.language), event.index), plan, error)
    return [_announce(event, (), error.code)]


STAGE = Stage(
    name="transcribe",
    takes=(SpeechFound,),
    gives=(SpeechTranscribed,),
    run=transcribe,
    given_up=_given_up,
    can_crash=True,
    engine="recogniser",
)
