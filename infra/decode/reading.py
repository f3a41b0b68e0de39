"""Inside the child: one track becomes PCM on the media clock, and what could not be used is named.

Laws: one damaged packet costs that packet; the decoder is asked again after an error, but only so often in a row; a
range is lost from the packet's own time to where sound goes on.
"""

from collections.abc import Callable, Iterator
from typing import Any

import av
import av.error
from av.stream import Discard

from infra.decode.child import Refused
from infra.decode.declared import end_of
from infra.decode.opening import Media
from infra.decode.sound import Sound
from infra.decode.timeline import GAP_S, RATE, Timeline
from infra.decode.writer import Writer

FAULTS_IN_A_ROW, MOST_RANGES, NEAR_S = 64, 500, 0.25
SLACK_S, SLACK_PART = 0.5, 0.002
"""A track may end so much before its declared end: encoders round to packets, editors cut between them."""


def origin_of(media: Media) -> float:
    """The container's time that a player shows as 0, in seconds.

    A movie with edit lists has a timeline of its own that begins at 0, whatever begins first on it. Elsewhere, and in
    fragments cut from a broadcast, the first timestamp is the start. Negative times are before the start.
    """
    if "mov" in media.container.format.name and not media.structure.fragmented:
        return 0.0
    return max(0.0, (media.container.start_time or 0) / av.time_base)


def read(media: Media, index: int, max_seconds: float, send: Callable[..., None]) -> dict[str, Any]:
    """Send the track's sound as it is decoded; the closing message. Raises Refused."""
    chosen = next(stream for stream in media.tracks if stream.index == index)
    for stream in media.container.streams:
        stream.discard = Discard.default if stream.index == index else Discard.all
    return Track(media, chosen, Writer(send, max_seconds)).run()


class Track:
    """One track from start to end."""

    def __init__(self, media: Media, stream: Any, writer: Writer) -> None:
        self._media, self._stream, self._writer = media, stream, writer
        self._sound, self._clock = Sound(writer), Timeline(origin=origin_of(media))
        self._end = end_of(media, stream, self._clock.origin)
        self._frames, self._gaps = 0, 0.0
        self._lost: list[tuple[float, float, str]] = []

    def run(self) -> dict[str, Any]:
        """Decode all. The closing message: samples, lost ranges in seconds, warnings. Raises Refused."""
        for packet in self._packets():
            for frame in self._decoded(packet):
                self._take(frame)
        self._sound.finish()
        self._writer.flush()
        if not self._frames:
            raise Refused("truncated", "nothing of the audio could be decoded")
        self._compare()
        return {
            "kind": "end", "samples": self._writer.position, "lost": self._lost[:MOST_RANGES],
            "warnings": self._warnings(),
        }  # fmt: skip

    def _packets(self) -> Iterator[Any]:
        faults = 0
        while faults < FAULTS_IN_A_ROW:
            try:
                for packet in self._media.container.demux(self._stream):
                    faults = 0
                    yield packet
                return
            except av.error.FFmpegError:
                faults += 1
                self._clock.damaged()
        yield None

    def _decoded(self, packet: Any) -> list[Any]:
        try:
            frames = list(self._stream.codec_context.decode(packet))
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._lose(packet)
            return []
        if packet is not None and (packet.is_corrupt or any(frame.is_corrupt for frame in frames)):
            self._lose(packet)
        return frames

    def _take(self, frame: Any) -> None:
        if frame.sample_rate <= 0 or frame.samples <= 0:
            return
        time = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        before = self._clock.end
        moved = self._clock.place(time, frame.samples / frame.sample_rate)
        if moved is not None:
            self._gaps += moved - before if before is not None and moved - before >= GAP_S else 0.0
            self._sound.restart(round(moved * RATE))
        self._sound.take(frame)
        self._frames += 1

    def _lose(self, packet: Any) -> None:
        self._clock.damaged()
        start = self._clock.end or 0.0
        if packet is not None and packet.pts is not None:
            start = float(packet.pts * packet.time_base) - self._clock.origin
        length = float((packet.duration or 0) * packet.time_base) if packet is not None and packet.time_base else 0.0
        self._add(max(0.0, start), max(0.0, start + max(length, 0.001)), "damaged")

    def _add(self, start: float, end: float, reason: str) -> None:
        last = self._lost[-1] if self._lost else None
        if last and last[2] == reason and (start - last[1] < NEAR_S or len(self._lost) >= MOST_RANGES):
            self._lost[-1] = (last[0], max(last[1], end), reason)
        else:
            self._lost.append((start, end, reason))

    def _compare(self) -> None:
        """Decoded against declared: an early end is a lost range."""
        reached = self._writer.position / RATE
        if self._end is not None and self._end - reached > max(SLACK_S, SLACK_PART * self._end):
            self._add(reached, self._end, "truncated")

    def _warnings(self) -> list[str]:
        said = []
        if self._gaps:
            said.append(f"the track has gaps; {self._gaps:.1f} s of silence stand there")
        if self._clock.resets:
            said.append(f"the track's clock was set back {self._clock.resets} times; the sound was joined")
        return said
