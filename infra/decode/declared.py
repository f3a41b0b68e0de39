"""Inside the child: when the chosen track should end, by what the container itself declares about it.

Law: an estimate (bit rate times size) and the length of another track are no declarations; where there is none, an
early end is no truncation.
"""

from typing import Any

from infra.decode.opening import Media, seconds

BY_STREAM = ("mov", "w64", "flac", "avi", "aiff", "caf")
"""Containers whose per-track duration is written, not guessed."""
FIRST_FRAME = 4096
UNWRITTEN = 12 * 3600 * 100
"""Seconds; a header that claims more was never filled in."""


def end_of(media: Media, stream: Any, origin: float) -> float | None:
    """The declared end of the track in media time (seconds), or None."""
    name = media.container.format.name
    if "matroska" in name:
        end = _tagged(stream) or _whole(media, alone=True)
    elif name == "mp3":
        end = _stream(stream) if _counted(media) else None
    elif name in ("wav", "avi") and media.structure.short:
        end = _by_bytes(media)
    elif name == "wav":
        end = None
    elif any(part in BY_STREAM for part in name.split(",")) and not media.structure.fragmented:
        end = _stream(stream)
    else:
        end = _whole(media, alone=True) if name in ("flv", "asf") else None
    if end is None and media.structure.short:
        end = _whole(media, alone=False)
    return end - origin if end and end < UNWRITTEN else None


def _stream(stream: Any) -> float | None:
    length = seconds(stream.duration, 1 / stream.time_base) if stream.time_base else None
    return length + float((stream.start_time or 0) * stream.time_base) if length else None


def _tagged(stream: Any) -> float | None:
    """Matroska's DURATION tag, ``HH:MM:SS.fraction``: the end of this track's last packet."""
    parts = (stream.metadata.get("DURATION") or "").split(":")
    try:
        hours, minutes, rest = (float(part) for part in parts)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + rest


def _whole(media: Media, *, alone: bool) -> float | None:
    """The container's duration; ``alone``: only where no other track could be the one that lasts so long."""
    if alone and (media.container.streams.video or len(media.tracks) > 1):
        return None
    return seconds(media.container.duration, 1_000_000)


def _by_bytes(media: Media) -> float | None:
    """For a RIFF file that is cut: its present length, stretched to the bytes it should have."""
    present = seconds(media.container.duration, 1_000_000)
    return present * media.structure.claimed / media.remote.size if present else None


def _counted(media: Media) -> bool:
    """Does the MP3 begin with a frame that counts the others (Xing, Info or VBRI)?"""
    head = media.remote.at(0, 10)
    size = [byte & 0x7F for byte in head[6:10]] if head[:3] == b"ID3" else []
    skip = 10 + sum(part << 7 * place for place, part in enumerate(reversed(size))) if size else 0
    first = media.remote.at(skip, FIRST_FRAME)
    return any(mark in first for mark in (b"Xing", b"Info", b"VBRI"))
