"""Inside the child: one track becomes PCM on the media clock, and what could not be used is named.

Laws: one damaged packet costs that packet; the demuxer is asked again after an error, but only so often in a row; a
gap after a complaint of libav is damage, a gap without one is the recording's own (FLAC has none: its frames count).
"""

import logging
from collections.abc import Callable, Iterator
from math import inf
from typing import Any

import av
import av.error
import av.logging
from av.stream import Discard

from infra.decode.child import Refused
from infra.decode.declared import end_of
from infra.decode.losses import Losses
from infra.decode.opening import Media
from infra.decode.sound import Sound
from infra.decode.timeline import GAP_S, RATE, Timeline
from infra.decode.writer import Writer

FAULTS_IN_A_ROW, COMPLAINT_FRAMES = 64, 3
SPLICED, SPLICE_S = ("mpegts", "mpeg"), 10.0
"""Recordings glued together, whose clock starts anew in the middle; so far ahead as ffmpeg's dts_delta_threshold."""


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


class Complaints(logging.Handler):
    """Notes that libav complained: any error, and what its MPEG-TS demuxer says when it has to look for its place."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.fresh = 0
        av.logging.set_level(av.logging.WARNING)
        logging.getLogger("libav").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """A complaint holds for the next few frames, as demuxers read ahead."""
        if record.levelno >= logging.ERROR or record.name == "libav.mpegts":
            self.fresh = COMPLAINT_FRAMES


class Track:
    """One track from start to end."""

    def __init__(self, media: Media, stream: Any, writer: Writer) -> None:
        self._media, self._stream, self._writer = media, stream, writer
        self._name: str = media.container.format.name
        most_ahead = SPLICE_S if self._name in SPLICED else inf
        self._sound, self._clock = Sound(writer), Timeline(origin=origin_of(media), most_ahead=most_ahead)
        self._end = end_of(media, stream, self._clock.origin)
        self._pcm = stream.codec_context.name.startswith("pcm_")
        self._losses, self._complaints = Losses(), Complaints()
        self._frames, self._place, self._gaps = 0, 0, 0.0

    def run(self) -> dict[str, Any]:
        """Decode all. The closing message: samples, lost ranges in seconds, warnings. Raises Refused."""
        for packet in self._packets():
            for frame in self._decoded(packet):
                self._take(frame)
        self._sound.finish()
        self._writer.flush()
        if not self._frames:
            raise Refused("truncated", "nothing of the audio could be decoded")
        reached, end = self._writer.position / RATE, self._end
        if end is None and self._losses.open_at(reached):
            end = self._media.unread(reached, self._place)
        return {
            "kind": "end", "samples": self._writer.position, "warnings": self._warnings(),
            "lost": self._losses.closed(reached, end),
        }  # fmt: skip

    def _packets(self) -> Iterator[Any]:
        faults = 0
        while faults < FAULTS_IN_A_ROW:
            try:
                for packet in self._media.container.demux(self._stream):
                    faults, self._place = 0, packet.pos or self._place
                    yield packet
                return
            except (av.error.FFmpegError, IndexError):  # IndexError: PyAV, when a stream turns up in the middle
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
        cut_short = packet is not None and packet.is_corrupt and not (self._pcm and frames)
        if cut_short or any(frame.is_corrupt for frame in frames):
            self._lose(packet)
        return frames

    def _take(self, frame: Any) -> None:
        if frame.sample_rate <= 0 or frame.samples <= 0:
            return
        before = self._clock.end
        moved = self._clock.place(frame.time, frame.samples / frame.sample_rate)
        if moved is not None:
            self._gap(before, moved)
            self._sound.restart(round(moved * RATE))
        self._sound.take(frame)
        self._frames += 1
        self._complaints.fresh = max(0, self._complaints.fresh - 1)

    def _gap(self, before: float | None, moved: float) -> None:
        if before is None or moved - before < GAP_S:
            return
        if self._complaints.fresh or self._name == "flac":
            self._losses.add(before, moved)
        else:
            self._gaps += moved - before

    def _lose(self, packet: Any) -> None:
        self._clock.damaged()
        start, length = self._clock.end or 0.0, 0.0
        if packet is not None and packet.pts is not None:
            start = float(packet.pts * packet.time_base) - self._clock.origin
            length = float((packet.duration or 0) * packet.time_base)
        self._losses.add(start, start + max(length, 0.001))

    def _warnings(self) -> list[str]:
        said = []
        if self._gaps:
            said.append(f"the track has gaps; {self._gaps:.1f} s of silence stand there")
        if self._clock.resets:
            said.append(f"the track's clock was set anew {self._clock.resets} times; the sound was joined")
        if not self._media.structure.ended:
            said.append("the file lacks the mark of its end; sound may be missing there")
        return said
