"""demux: an upload becomes parts of PCM on the media clock, announced while the rest is still being decoded."""

import hashlib
from collections.abc import Generator, Iterator
from contextlib import closing

from processors.artefacts import keep, load
from processors.bench import Bench, ByteSource
from processors.recipes import PART_SAMPLES, WORK, audio, end, of_source, part_key
from processors.sound import BYTES_PER_SAMPLE
from processors.stage import Stage
from schemas.errors import Broken, Cancelled
from schemas.events import AudioEnded, Event, PartDecoded, VideoAccepted
from schemas.media import DecodeEnd, DecodeRequest, MediaInfo
from schemas.plan import Plan
from schemas.records import AudioRecord

HASH_STEP = 4 << 20


def demux(event: VideoAccepted, bench: Bench) -> Iterator[Event]:
    """Announce every part, then the end. Decoded before: announced from what is stored, which from here on lasts for
    another run; what has gone by age before is decoded again."""
    plan = bench.plan_of(event)
    bench.store.renew(WORK, of_source(plan))
    record = load(bench, end(audio(plan)), AudioRecord)
    if record is None or not _stored(record, plan, bench):
        record = yield from _decode(event, plan, bench)
    else:
        yield from (_part(event, index, record.media, record.end.samples) for index in range(record.count))
    yield AudioEnded(job=event.job, run=event.run, tenant=event.tenant, count=record.count, samples=record.end.samples)


def _stored(record: AudioRecord, plan: Plan, bench: Bench) -> bool:
    """Whether every part is there; the end, written last, goes last too."""
    there = set(bench.store.names(WORK, f"{audio(plan)}/"))
    return all(part_key(plan, index) in there for index in range(record.count))


def _decode(event: VideoAccepted, plan: Plan, bench: Bench) -> Generator[Event, None, AudioRecord]:
    with closing(bench.open_source(plan.source)) as source:
        return (yield from _parts(event, plan, source, bench))


def _parts(event: VideoAccepted, plan: Plan, source: ByteSource, bench: Bench) -> Generator[Event, None, AudioRecord]:
    began, count = bench.clock(), 0
    pieces = bench.decode(source, _request(plan), cancelled=lambda: bench.cancelled(event.job, event.run))
    media = next(pieces)
    if not isinstance(media, MediaInfo):
        raise Broken("internal", "the decoder began without saying what the media is")
    for piece in pieces:
        if isinstance(piece, DecodeEnd):
            sha256 = _sha256(source, bench, event)
            record = AudioRecord(media=media, end=piece, count=count, sha256=sha256, seconds=bench.clock() - began)
            return keep(bench, end(audio(plan)), record)
        if isinstance(piece, bytes):
            bench.store.create(WORK, part_key(plan, count), piece)
            yield _part(event, count, media, count * PART_SAMPLES + len(piece) // BYTES_PER_SAMPLE)
            count += 1
    raise Broken("internal", "the decoder stopped without saying how it ended")


def _request(plan: Plan) -> DecodeRequest:
    language = None if plan.source_language == "auto" else plan.source_language
    return DecodeRequest(track=plan.track, language=language, part_samples=PART_SAMPLES)


def _part(event: VideoAccepted, index: int, media: MediaInfo, samples: int) -> PartDecoded:
    start = index * PART_SAMPLES
    return PartDecoded(
        job=event.job, run=event.run, tenant=event.tenant, index=index,
        start=start, end=min(samples, start + PART_SAMPLES), duration=media.duration,
    )  # fmt: skip


def _sha256(source: ByteSource, bench: Bench, event: VideoAccepted) -> str:
    digest = hashlib.sha256()
    for offset in range(0, source.size, HASH_STEP):
        if bench.cancelled(event.job, event.run):
            raise Cancelled
        digest.update(source.read(offset, min(HASH_STEP, source.size - offset)))
    return digest.hexdigest()


STAGE = Stage(
    name="demux",
    takes=(VideoAccepted,),
    gives=(PartDecoded, AudioEnded),
    run=demux,
    can_crash=True,
    streams=True,
    held_by="transcribe",
)
