"""Inside the child: a few seconds from three places of some tracks, for the parent to judge which holds speech.

Law: bounded, however many tracks there are: one pass over each place for all of them, and so many bytes at most.
"""

from typing import Any

import av
import av.error
from av.stream import Discard

from infra.decode.opening import Media, seconds
from infra.decode.sound import Sound
from infra.decode.timeline import RATE

PLACES, PLACE_S = (0.1, 0.45, 0.8), 20.0
MOST_BYTES = 64 << 20
"""Bytes read for one place; a track that is silent for so long has said enough."""


class Clip:
    """Takes what ``Sound`` writes, up to 20 s, without a clock."""

    def __init__(self) -> None:
        self.pcm, self.full = bytearray(), False

    def move(self, position: int) -> None:
        """Places don't matter here."""

    def write_pcm(self, data: bytes) -> None:
        """Keep it while there is room."""
        self.pcm += data[: int(PLACE_S * RATE) * 2 - len(self.pcm)]
        self.full = len(self.pcm) >= int(PLACE_S * RATE) * 2


def probe(media: Media, indexes: list[int]) -> list[tuple[int, bytes]]:
    """Track and PCM, once per track and place."""
    streams = {stream.index: stream for stream in media.tracks if stream.index in indexes}
    length = seconds(media.container.duration, av.time_base) or 0.0
    for stream in media.container.streams:
        stream.discard = Discard.default if stream.index in streams else Discard.all
    found = []
    for place in PLACES if length > PLACE_S else PLACES[:1]:
        _seek(media, place * length if length > PLACE_S else 0.0)
        found += _listen(media, streams)
    return found


def _seek(media: Media, at: float) -> None:
    start = media.container.start_time or 0
    try:
        media.container.seek(start + int(at * av.time_base))
    except av.error.FFmpegError:
        return  # not every file can be moved in; then the places follow one another


def _listen(media: Media, streams: dict[int, Any]) -> list[tuple[int, bytes]]:
    clips = {index: Clip() for index in streams}
    sounds = {index: Sound(clip) for index, clip in clips.items()}
    most = media.remote.taken + MOST_BYTES
    try:
        for packet in media.container.demux(*streams.values()):
            index = packet.stream.index
            if not clips[index].full:
                _decode(packet, sounds[index])
            if media.remote.taken > most or all(clip.full for clip in clips.values()):
                break
    except (av.error.FFmpegError, IndexError):  # IndexError: PyAV, when a stream turns up in the middle
        pass  # what was heard so far decides
    return [(index, bytes(clip.pcm)) for index, clip in clips.items()]


def _decode(packet: Any, sound: Sound) -> None:
    try:
        for frame in packet.decode():
            sound.take(frame)
    except av.error.FFmpegError:
        return
