"""chunk: parts of PCM become chunks of speech. Voice detection's memory is an artefact, so the stage holds none.

The record after part k follows from the record after part k-1 and part k alone; a chunk may span parts.
"""

from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Generator, Iterator
from typing import Final

import numpy as np

from processors import chunking
from processors.artefacts import keep, load, need
from processors.bench import Bench, VoiceState
from processors.chunking import FRAME_SECONDS, Chunk, Open
from processors.recipes import WORK, end, part_key, slot, speech
from processors.stage import Stage
from schemas.base import SAMPLE_RATE
from schemas.events import AudioEnded, Event, PartDecoded, SpeechCut, SpeechEnded
from schemas.plan import Plan
from schemas.records import ChunkRecord, SpeechRecord, VoiceRecord

NOTHING = VoiceRecord(first=0, next=0, frame=0, floor=0)
SLICE: Final = 320 * 512
"""Samples (10 s) that are listened to at a time: a chunk is told of when it closes, not when its part is through."""


def chunk(event: PartDecoded | AudioEnded, bench: Bench) -> Iterator[Event]:
    """The chunks that close in this part, or, at the end, the last one and the count."""
    plan = bench.plan_of(event)
    if isinstance(event, PartDecoded):
        told = set[int]()
        for number in _listen_to(plan, event.index, bench):
            yield _cut(event, plan, number, bench)
            told.add(number)
        voice = need(bench, _voice_key(plan, event.index), VoiceRecord)
        yield from (_cut(event, plan, each, bench) for each in range(voice.first, voice.next) if each not in told)
        return
    record = load(bench, end(speech(plan)), SpeechRecord)
    if record is None or not _there(plan, record.first, record.count, bench):
        record = keep(bench, end(speech(plan)), _close(event, plan, bench))
    yield from (_cut(event, plan, each, bench) for each in range(record.first, record.count))
    yield SpeechEnded(job=event.job, run=event.run, tenant=event.tenant, count=record.count, duration=record.duration)


def _voice_key(plan: Plan, index: int) -> str:
    return f"{speech(plan)}/voice/{index:06d}.json"


def _listen_to(plan: Plan, index: int, bench: Bench) -> Iterator[int]:
    """Make the records up to part ``index`` that are missing; the numbers of new chunks, as they close."""
    earlier = ((at, _heard(plan, at, bench)) for at in range(index, -1, -1))
    known, record = next(((at, heard) for at, heard in earlier if heard is not None), (-1, NOTHING))
    for at in range(known + 1, index + 1):
        record = yield from _listen(plan, at, record, bench)


def _heard(plan: Plan, index: int, bench: Bench) -> VoiceRecord | None:
    """The record of a part, if it stands with what was cut in it."""
    voice = load(bench, _voice_key(plan, index), VoiceRecord)
    return voice if voice is not None and _there(plan, voice.first, voice.next, bench) else None


def _there(plan: Plan, first: int, after: int, bench: Bench) -> bool:
    """Whether these chunks stand: written in their order, and before what tells of them, they go by age in it too."""
    return first == after or bench.store.exists(WORK, slot(speech(plan), first))


def _listen(plan: Plan, index: int, before: VoiceRecord, bench: Bench) -> Generator[int, None, VoiceRecord]:
    began = bench.clock()
    samples = np.frombuffer(bench.store.get(WORK, part_key(plan, index)), dtype="<i2")
    padded = np.pad(samples, (0, -len(samples) % 512)).astype(np.float32) / 32768.0
    voice, left, count = _voice(before), _open(before), before.next
    for at in range(0, len(padded), SLICE):
        probabilities, voice = bench.engines.voice().probabilities(padded[at : at + SLICE], voice)
        chunks, left = chunking.cut(left, [round(p, 3) for p in probabilities], _limit(plan))
        _store(plan, count, chunks, bench)
        yield from range(count, count + len(chunks))
        count += len(chunks)
    record = VoiceRecord(
        first=before.next, next=count, frame=left.frame, floor=left.floor, start=left.start,
        probabilities=left.probabilities, hidden=_text(voice.hidden) if voice else "",
        cell=_text(voice.cell) if voice else "", context=_text(voice.context) if voice else "",
        seconds=bench.clock() - began,
    )  # fmt: skip
    return keep(bench, _voice_key(plan, index), record)


def _close(event: AudioEnded, plan: Plan, bench: Bench) -> SpeechRecord:
    last = NOTHING
    if event.count:
        deque(_listen_to(plan, event.count - 1, bench), maxlen=0)
        last = need(bench, _voice_key(plan, event.count - 1), VoiceRecord)
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


def _cut(event: Event, plan: Plan, index: int, bench: Bench) -> SpeechCut:
    record = need(bench, slot(speech(plan), index), ChunkRecord)
    return SpeechCut(job=event.job, run=event.run, tenant=event.tenant, index=index, start=record.start, end=record.end)


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
