"""One upload decoded: the conversation with a child becomes MediaInfo, parts and DecodeEnd, or a typed error.

Law: the child is gone when the iterator is, and before DecodeEnd is given.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any

from pydantic import ValidationError

from infra.decode import speech, tracks
from infra.decode.messages import Messages, refuse
from infra.decode.serve import Child, child
from infra.decode.timeline import RATE
from infra.decode.window import Readable
from schemas.errors import Broken
from schemas.media import DecodeEnd, DecodeLimits, DecodeRequest, MediaInfo, Track
from schemas.transcript import Lost

BYTES = 2
CPU_S, CPU_BYTES, CPU_SPEED, LEAST_BYTES = 60, 5e6, 10, 500
"""Processor seconds: so many for each file, one per 5 MB and per 10 s of the audio that may be in it; speech codecs
go down to 500 bytes a second, and the audio counted is never more than the cap."""


def run(
    source: Readable, request: DecodeRequest, cancelled: Callable[[], bool]
) -> Iterator[MediaInfo | bytes | DecodeEnd]:
    """See ``infra.decode.decode``."""
    if source.size > request.limits.max_bytes:
        raise refuse("too_large", f"the file has {source.size / (1 << 30):.3g} GiB")
    if not source.size:
        raise refuse("unsupported_format", "the file is empty")
    with closing(child(source, _job(source.size, request.limits))) as ours:
        messages = Messages(ours, request.limits, cancelled)
        info = _choose(ours, messages, _described(messages), request)
        yield info
        ours.tell({"decode": info.chosen})
        end = yield from _parts(messages, request)
    yield end


def _job(size: int, limits: DecodeLimits) -> dict[str, Any]:
    seconds = min(limits.max_seconds, size / LEAST_BYTES)
    cpu = int(CPU_S + size / CPU_BYTES + seconds / CPU_SPEED)
    return {
        "size": size, "max_seconds": limits.max_seconds, "memory_bytes": limits.memory_bytes, "cpu_seconds": cpu,
    }  # fmt: skip


def _described(messages: Messages) -> MediaInfo:
    header, _ = messages.take("info")
    try:
        return MediaInfo.model_validate(header)
    except ValidationError as error:
        raise Broken("crashed", "the decoder does not keep its protocol (what it says of the media)") from error


def _choose(child: Child, messages: Messages, info: MediaInfo, request: DecodeRequest) -> MediaInfo:
    preferred = tracks.order(info.tracks, request.track, request.language)
    chosen = preferred[0] if len(preferred) == 1 else _with_speech(child, messages, preferred)
    skipped = tuple(track.index for track in info.tracks if track.index != chosen.index)
    said = tracks.warnings(preferred, chosen)
    return info.model_copy(update={"chosen": chosen.index, "skipped": skipped, "warnings": said})


def _with_speech(child: Child, messages: Messages, preferred: Sequence[Track]) -> Track:
    heard: dict[int, float] = {}
    for some in (preferred[:1], preferred[1:]):
        if max(heard.values(), default=0.0) < tracks.ENOUGH_S:
            child.tell({"probe": [track.index for track in some]})
            heard |= _heard(messages)
    return tracks.decide(preferred, heard)


def _heard(messages: Messages) -> dict[int, float]:
    """Seconds of speech per track; a clip begins with an empty message."""
    clips: defaultdict[int, list[bytearray]] = defaultdict(list)
    while True:
        header, payload = messages.take("clip", "probed")
        if header["kind"] == "probed":
            break
        index = int(header["index"])
        if not payload:
            clips[index].append(bytearray())
        clips[index][-1] += payload
    return {index: sum(speech.seconds(bytes(clip)) for clip in some) for index, some in clips.items()}


def _parts(messages: Messages, request: DecodeRequest) -> Generator[bytes, None, DecodeEnd]:
    step, held, total = request.part_samples * BYTES, bytearray(), 0
    while True:
        header, payload = messages.take("pcm", "end")
        if header["kind"] == "end":
            break
        held += payload
        total += len(payload) // BYTES
        if total > (request.limits.max_seconds + 1) * RATE:
            raise refuse("too_long", "the audio is longer than allowed")
        while len(held) >= step:
            yield bytes(held[:step])
            del held[:step]
    if held:
        yield bytes(held)
    return _end(header, total)


def _end(header: dict[str, Any], total: int) -> DecodeEnd:
    try:
        lost = tuple(Lost(start=start, end=end, reason=reason) for start, end, reason in header["lost"])
        return DecodeEnd(samples=total, lost=lost, warnings=tuple(header["warnings"]))
    except (ValidationError, ValueError, TypeError, KeyError) as error:
        raise Broken("crashed", "the decoder does not keep its protocol (how it ended)") from error


class _Nothing:
    size = 0

    def read(self, offset: int, length: int) -> bytes:
        """Nothing."""
        return b""


def report() -> dict[str, str]:
    """What a child could put in force here, by name."""
    limits = DecodeLimits()
    job = {"size": -1, "memory_bytes": limits.memory_bytes, "cpu_seconds": CPU_S}
    with closing(Child().take(_Nothing(), job)) as ours:
        header, _ = Messages(ours, limits, lambda: False).take("confined")
    return {str(name): str(state) for name, state in dict(header["done"]).items()}
