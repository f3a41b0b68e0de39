"""Inside the child: a container is opened under guard, and one of its tracks becomes PCM on the media clock."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import av
import av.audio.codeccontext  # PyAV imports these when first needed; later no file can be opened
import av.audio.stream
import av.error
import av.subtitles.codeccontext
import av.subtitles.stream
import av.video.codeccontext
import av.video.stream
from av.stream import Discard

from infra.decode.child import Refused, Remote
from infra.decode.formats import CODECS, FORMATS
from infra.decode.sound import Sound
from infra.decode.timeline import RATE, Timeline
from infra.decode.writer import Writer

Send = Callable[..., None]
BUFFER = 1 << 16
"""Bytes per read request of libavformat."""
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "none", "codec_whitelist": ",".join(sorted(CODECS))}
SLACK_S = 0.5
"""A track may end so much before its declared end: encoders round to packets, and editors cut between them."""


def open_media(remote: Remote) -> Any:
    """The opened container. Raises Refused."""
    remote.seek(0)
    try:
        return av.open(remote, "r", container_options=OPTIONS, buffer_size=BUFFER, metadata_errors="replace")
    except av.error.FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        raise Refused("unsupported_format", "the file is no media that can be read") from None


def decode(remote: Remote, job: dict[str, Any], send: Send) -> None:
    """Send what the container says, its sound, and how it ended."""
    container = open_media(remote)
    tracks = [stream for stream in container.streams if stream.type == "audio"]
    if not tracks:
        raise Refused("no_audio_stream", "there is no audio in the file")
    chosen = tracks[0]
    send(describe(container, tracks) | {"chosen": chosen.index})
    for stream in container.streams:
        stream.discard = Discard.default if stream is chosen else Discard.all
    writer = Writer(send, job["max_seconds"])
    lost = Track(container, chosen, writer).run()
    writer.flush()
    if not writer.position:
        raise Refused("truncated", "nothing in the file could be decoded")
    send({"kind": "end", "samples": writer.position, "lost": lost, "warnings": []})


def describe(container: Any, tracks: list[Any]) -> dict[str, Any]:
    """The container's own words, shortened to what can be shown."""
    return {
        "kind": "info", "container": container.format.name, "duration": _seconds(container.duration, av.time_base),
        "video": bool(container.streams.video), "tracks": [_track(stream) for stream in tracks],
    }  # fmt: skip


def _track(stream: Any) -> dict[str, Any]:
    codec = stream.codec_context
    return {
        "index": stream.index, "codec": codec.name if codec else "unknown", "language": (stream.language or "")[:35],
        "channels": codec.channels if codec else 0, "sample_rate": (codec.sample_rate or 0) if codec else 0,
        "default": bool(stream.disposition & 1),
    }  # fmt: skip


def _seconds(value: int | None, base: int) -> float | None:
    return value / base if value and value > 0 else None


class Track:
    """One track from start to end; keeps the ranges that could not be used."""

    def __init__(self, container: Any, stream: Any, writer: Writer) -> None:
        self._container, self._stream, self._sound = container, stream, Sound(writer)
        start = container.start_time or 0
        self._clock = Timeline(origin=max(0.0, start / av.time_base))
        self._lost: list[list[Any]] = []

    def run(self) -> list[list[Any]]:
        """Decode all; [start, end, reason] of what is lost, in seconds."""
        for packet in self._packets():
            for frame in self._frames(packet):
                self._take(frame)
        self._sound.finish()
        return self._lost

    def _packets(self) -> Iterator[Any]:
        with contextlib.suppress(av.error.FFmpegError):
            yield from self._container.demux(self._stream)

    def _frames(self, packet: Any) -> list[Any]:
        try:
            return list(packet.decode())
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._clock.damaged()
            return []

    def _take(self, frame: Any) -> None:
        time = None if frame.pts is None else float(frame.pts * frame.time_base)
        moved = self._clock.place(time, frame.samples / frame.sample_rate)
        if moved is not None:
            self._sound.restart(round(moved * RATE))
        self._sound.take(frame)
