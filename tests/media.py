"""Media made for tests: chirps at known times, any container, any timestamps, whole or damaged.

A chirp correlates with itself at one place only, so ``heard`` finds where it came out to a fraction of a millisecond,
whatever a lossy codec did to its edges.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np

from infra.decode import decode
from infra.files import FileSource
from schemas.media import DecodeEnd, DecodeRequest, MediaInfo
from tests.commands import LECTURE

RATE = 16_000
CHIRP_S = 0.12
Sound = Any
"""float32, channels x samples, -1 to 1."""


def chirp(rate: int = RATE) -> Sound:
    """0.12 s from 300 to 3,000 Hz."""
    times = np.arange(int(CHIRP_S * rate)) / rate
    return (0.6 * np.sin(2 * np.pi * (300 * times + 11_250 * times**2))).astype(np.float32)


def chirps(seconds: float, at: Iterable[float], *, rate: int = RATE, channels: int = 1) -> Sound:
    """Silence with chirps that begin at these times (seconds)."""
    sound = np.zeros(int(seconds * rate), dtype=np.float32)
    for time in at:
        start = round(time * rate)
        piece = chirp(rate)[: len(sound) - start]
        sound[start : start + len(piece)] = piece
    return np.tile(sound, (channels, 1))


def tone(seconds: float, hertz: float = 100.0, *, rate: int = RATE) -> Sound:
    """A hum."""
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)[None]


def silence(seconds: float) -> Sound:
    """Nothing."""
    return np.zeros((1, int(seconds * RATE)), dtype=np.float32)


def noise(seconds: float) -> Sound:
    """White, the same each time."""
    return (0.1 * np.random.default_rng(1).standard_normal((1, int(seconds * RATE)))).astype(np.float32)


def music(seconds: float) -> Sound:
    """Chords that change twice a second."""
    at = np.arange(int(seconds * RATE)) / RATE
    keys = 220 * 2 ** (np.array([0, 4, 7])[:, None] / 12 + (at * 2).astype(int) * 5 % 12 / 12)
    return (0.1 * np.sin(2 * np.pi * np.cumsum(keys / RATE, axis=1)).sum(axis=0)).astype(np.float32)[None]


def speech(seconds: float) -> Sound:
    """The beginning of the sample lecture."""
    return lecture()[:, : int(seconds * RATE)]


@lru_cache(maxsize=1)
def lecture() -> Sound:
    """The sample lecture's sound."""
    return decoded(LECTURE).sound[None]


@dataclass(frozen=True)
class Audio:
    """One audio track; ``times`` moves a packet from one time to another (seconds) or drops it by None."""

    sound: Sound
    codec: str = "aac"
    rate: int = RATE
    language: str | None = None
    default: bool = False
    times: Callable[[float], float | None] = field(default=lambda time: time)
    layout: str | None = None


def make(
    path: Path,
    *tracks: Audio,
    video: float = 0.0,
    form: str | None = None,
    options: dict[str, str] | None = None,
    video_codec: str = "mpeg4",
) -> Path:
    """Write the tracks, and ``video`` seconds of pictures before them."""
    with av.open(str(path), "w", format=form, options=options or {}) as output:
        packets = _pictures(output, video, video_codec) if video else []
        streams = [_stream(output, track) for track in tracks]
        for track, stream in zip(tracks, streams, strict=True):
            packets += _packets(track, stream)
        for packet in sorted(packets, key=lambda each: each.dts * each.time_base):
            output.mux(packet)
    return path


def _stream(output: Any, track: Audio) -> Any:
    stream = output.add_stream(track.codec, rate=track.rate, layout=_layout(track))
    if track.language:
        stream.metadata["language"] = track.language
    if track.default:
        stream.disposition = 1
    return stream


def _layout(track: Audio) -> str:
    return track.layout or {1: "mono", 2: "stereo", 6: "5.1"}[len(track.sound)]


def _packets(track: Audio, stream: Any) -> list[Any]:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(track.sound), format="fltp", layout=_layout(track))
    frame.sample_rate, frame.pts, frame.time_base = track.rate, 0, Fraction(1, track.rate)
    form = stream.codec_context.format.name
    size = stream.codec_context.frame_size or 1024
    shaped = av.AudioResampler(format=form, layout=_layout(track), rate=track.rate, frame_size=size)
    packets = []
    for piece in [*shaped.resample(frame), *shaped.resample(None), None]:
        packets += [packet for packet in stream.encode(piece) if _move(packet, track.times)]
    return packets


def _move(packet: Any, times: Callable[[float], float | None]) -> bool:
    time = float(packet.pts * packet.time_base)
    moved = times(time)
    if moved is None:
        return False
    ticks = round((moved - time) / packet.time_base)
    packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
    return True


def _pictures(output: Any, seconds: float, codec: str) -> list[Any]:
    stream = output.add_stream(codec, rate=10)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    packets = []
    for index in range(int(seconds * 10)):
        picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index * 7 % 256, dtype=np.uint8), format="rgb24")
        picture.pts, picture.time_base = index, Fraction(1, 10)
        packets += stream.encode(picture)
    return packets + stream.encode(None)


@dataclass(frozen=True)
class Decoded:
    """What came out."""

    info: MediaInfo
    parts: list[bytes]
    end: DecodeEnd

    @property
    def sound(self) -> Sound:
        """float32, one channel at 16 kHz."""
        return np.frombuffer(b"".join(self.parts), dtype="<i2").astype(np.float32) / 32768

    @property
    def seconds(self) -> float:
        """Length on the media clock."""
        return self.end.samples / RATE

    def heard(self, near: float, within: float = 0.4) -> float:
        """Where the chirp that should begin at ``near`` does begin, in seconds."""
        first = max(0, round((near - within) * RATE))
        window = self.sound[first : round((near + within + CHIRP_S) * RATE)]
        match = np.abs(np.correlate(window, chirp(), mode="valid"))
        assert match.max() > 50, f"no chirp within {within} s of {near} s"
        return (first + int(match.argmax())) / RATE

    def loudest(self, start: float, end: float) -> float:
        """The peak between two times."""
        return float(np.abs(self.sound[round(start * RATE) : round(end * RATE)]).max(initial=0.0))


def decoded(source: Any, **request: Any) -> Decoded:
    """Decode a file or a source to the end."""
    with closing(FileSource(source)) if isinstance(source, Path) else nullcontext(source) as opened:
        first, *parts, end = decode(opened, DecodeRequest(**request))
    assert isinstance(first, MediaInfo) and isinstance(end, DecodeEnd)
    pcm = [part for part in parts if isinstance(part, bytes)]
    assert len(pcm) == len(parts) and sum(map(len, pcm)) == 2 * end.samples
    return Decoded(first, pcm, end)


def off(found: Decoded, times: Sequence[float]) -> float:
    """The largest distance between where chirps are and where they should be, in seconds."""
    return max(abs(found.heard(time) - time) for time in times)
