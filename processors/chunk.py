"""chunk: parts of PCM become chunks of speech. Voice detection's memory is an artefact, so the stage holds none.

The record after part k follows from the record after part k-1 and part k alone; a chunk may span parts.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator

from processors import chunking
from processors.artefacts import keep, load, need, once
from processors.bench import Bench, VoiceState
from processors.chunking import FRAME_SECONDS, Chunk, Open
from processors.recipes import WORK, end, part_key, slot, speech
from processors.stage import Stage
from schemas.base import SAMPLE_RATE
from schemas.events import AudioEnded, Event, PartDecoded, SpeechCut, SpeechEnded
from schemas.plan import Plan
from schemas.records import ChunkRecord, SpeechRecord, VoiceRecord

NOTHING = VoiceRecord(first=0, next=0, frame=0, floor=0)


def chunk(event: PartDecoded | AudioEnded, bench: Bench) -> Iterator[Event]:
    """The chunks that close in this part, or, at the end, the last one and the count."""
    plan = bench.plan_of(event)
    if isinstance(event, PartDecoded):
        voice = _after(plan, event.index, bench)
        yield from _cuts(event, plan, range(voice.first, voice.next), bench)
        return
    record = once(bench, end(speech(plan)), SpeechRecord, lambda: _close(event, plan, bench))
    yield from _cuts(event, plan, range(record.first, record.count), bench)
    yield SpeechEnded(job=event.job, run=event.run, tenant=event.tenant, count=record.count, duration=record.duration)


def _voice_key(plan: Plan, index: int) -> str:
    return f"{speech(plan)}/voice/{index:06d}.json"


def _after(plan: Plan, index: int, bench: Bench) -> VoiceRecord:
    """The record after part ``index``, making those before it that are missing."""
    known = next((i for i in range(index, -1, -1) if bench.store.exists(WORK, _voice_key(plan, i))), -1)
    record = NOTHING if known < 0 else need(bench, _voice_key(plan, known), VoiceRecord)
    for at in range(known + 1, index + 1):
        record = keep(bench, _voice_key(plan, at), _listen(plan, at, record, bench))
    return record


def _listen(plan: Plan, index: int, before: VoiceRecord, bench: Bench) -> VoiceRecord:
    import numpy as np

    began = bench.clock()
    samples = np.frombuffer(bench.store.get(WORK, part_key(plan, index)), dtype="<i2")
    padded = np.pad(samples, (0, -len(samples) % 512)).astype(np.float32) / 32768.0
    probabilities, voice = bench.engines.voice().probabilities(padded, _voice(before))
    chunks, left = chunking.cut(_open(before), [round(p, 3) for p in probabilities], _limit(plan))
    _store(plan, before.next, chunks, bench)
    return VoiceRecord(
        first=before.next, next=before.next + len(chunks), frame=left.frame, floor=left.floor, start=left.start,
        probabilities=left.probabilities, hidden=_text(voice.hidden), cell=_text(voice.cell),
        context=_text(voice.context), seconds=bench.clock() - began,
    )  # fmt: skip


def _close(event: AudioEnded, plan: Plan, bench: Bench) -> SpeechRecord:
    last = _after(plan, event.count - 1, bench) if event.count else NOTHING
    chunks = chunking.close(_open(last), _limit(plan))
    duration = event.samples / SAMPLE_RATE
    _store(plan, last.next, chunks, bench, until=duration)
    voices = [load(bench, _voice_key(plan, index), VoiceRecord) for index in range(event.count)]
    return SpeechRecord(
        count=last.next + len(chunks), first=last.next, duration=duration,
        seconds=sum(voice.seconds for voice in voices if voice),
    )  # fmt: skip


def _store(plan: Plan, first: int, chunks: list[Chunk], bench: Bench, until: float = float("inf")) -> None:
    for index, cut in enumerate(chunks, first):
        spans = tuple((a * FRAME_SECONDS, min(until, b * FRAME_SECONDS)) for a, b in cut.spans)
        start, end = cut.start * FRAME_SECONDS, min(until, cut.end * FRAME_SECONDS)
        record = ChunkRecord(index=index, start=start, end=end, spans=spans)
        keep(bench, slot(speech(plan), index), record)


def _cuts(event: Event, plan: Plan, indexes: range, bench: Bench) -> Iterator[SpeechCut]:
    for index in indexes:
        record = need(bench, slot(speech(plan), index), ChunkRecord)
        yield SpeechCut(
            job=event.job, run=event.run, tenant=event.tenant, index=index, start=record.start, end=record.end
        )


def _limit(plan: Plan) -> int:
    return int(plan.chunk_seconds / FRAME_SECONDS)


def _open(record: VoiceRecord) -> Open:
    return Open(frame=record.frame, floor=record.floor, start=record.start, probabilities=record.probabilities)


def _voice(record: VoiceRecord) -> VoiceState | None:
    if not record.hidden:
        return None
    return VoiceState(b64decode(record.hidden), b64decode(record.cell), b64decode(record.context))


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()


STAGE = Stage(
    name="chunk",
    takes=(PartDecoded, AudioEnded),
    gives=(SpeechCut, SpeechEnded),
    run=chunk,
    ordered=True,
    engine="voice",
)
