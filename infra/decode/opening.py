"""Inside the child: a container opened under guard, described, and refused by name where it can't be used.

Laws: no demuxer, protocol or decoder outside our lists is ever started, not even to probe (libavformat hands
``codec_whitelist`` to its own probing); everything a file says about itself is shortened before it is passed on.
"""

from typing import Any

import av
import av.audio.codeccontext  # PyAV imports these when first needed; later no file can be opened
import av.audio.stream
import av.error
import av.subtitles.codeccontext
import av.subtitles.stream
import av.video.codeccontext
import av.video.stream

from infra.decode.child import Refused, Remote
from infra.decode.formats import CODECS, FORMATS
from infra.decode.structure import Structure, look

BUFFER = 1 << 16
"""Bytes per read request of libavformat."""
OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "none", "codec_whitelist": ",".join(sorted(CODECS))}
GUESSED = frozenset(["aac", "ac3", "eac3"])
"""Bare streams: libavformat guesses their duration from the first frames' bit rate."""
MOST_TRACKS, LEAST_RATE, MOST_RATE = 256, 1_000, 768_000


class Media:
    """An opened container: ``tracks`` are its usable audio streams."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.structure = look(remote.at, remote.size)
        self.container = _open(remote, self.structure)
        self.tracks = _usable(self.container, self.structure)

    def _duration(self) -> float | None:
        guessed = self.container.format.name in GUESSED
        return None if guessed else seconds(self.container.duration, av.time_base)

    def describe(self) -> dict[str, Any]:
        """The container's own words."""
        container = self.container
        return {
            "kind": "info", "container": container.format.name, "duration": self._duration(),
            "video": bool(container.streams.video), "tracks": [_track(stream) for stream in self.tracks],
        }  # fmt: skip

    def unread(self, reached: float, place: int) -> float | None:
        """Where the track may end when the demuxer lost its way in fragments: ``reached`` s, stretched by bytes."""
        lost = self.structure.fragmented and 0 < place < self.remote.size - max(BUFFER, self.remote.size // 50)
        return reached * self.remote.size / place if lost else None


def seconds(value: int | None, base: Any) -> float | None:
    """A duration in units of 1/base, None where nothing is declared."""
    return float(value / base) if value and value > 0 else None


def _open(remote: Remote, structure: Structure) -> Any:
    remote.seek(0)
    try:
        return av.open(remote, "r", container_options=OPTIONS, buffer_size=BUFFER, metadata_errors="replace")
    except MemoryError:
        raise
    except (av.error.FFmpegError, ValueError):
        if structure.all_ciphered:
            raise Refused("encrypted", "the file is encrypted") from None
        if structure.known and (structure.short or not structure.indexed):
            what = "the file's index is missing" if not structure.indexed else "the file ends before its content begins"
            raise Refused("truncated", what) from None
        raise Refused("unsupported_format", "the file is no media that can be read") from None


def _usable(container: Any, structure: Structure) -> list[Any]:
    audio = [stream for stream in container.streams if stream.type == "audio"]
    if not audio:
        raise Refused("no_audio_stream", "there is no audio in the file")
    clear = [stream for stream in audio if not _ciphered(stream.index, structure)]
    if not clear:
        raise Refused("encrypted", "the audio is encrypted")
    known = [stream for stream in clear if _decodable(stream)]
    if not known:
        names = sorted({stream.codec_context.name if stream.codec_context else "unknown" for stream in clear})
        raise Refused("unsupported_format", f"the audio codec {', '.join(names)[:100]} can't be decoded")
    return known[:MOST_TRACKS]


def _ciphered(index: int, structure: Structure) -> bool:
    return structure.all_ciphered or (index < len(structure.ciphered) and structure.ciphered[index])


def _decodable(stream: Any) -> bool:
    codec = stream.codec_context
    return codec is not None and codec.name in CODECS and LEAST_RATE <= (codec.sample_rate or 0) <= MOST_RATE


def _track(stream: Any) -> dict[str, Any]:
    codec = stream.codec_context
    return {
        "index": stream.index, "codec": codec.name, "language": _tag(stream.language),
        "channels": codec.channels, "sample_rate": codec.sample_rate, "default": bool(stream.disposition & 1),
    }  # fmt: skip


def _tag(language: str | None) -> str | None:
    return None if not language or language == "und" else language[:35]
