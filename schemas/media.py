"""What a media file is and how decoding it ended."""

from schemas.base import Model, Seconds
from schemas.transcript import Lost


class Track(Model):
    """One audio track; ``index`` is the container's stream index."""

    index: int
    codec: str
    language: str | None = None
    channels: int = 1
    sample_rate: int = 0
    default: bool = False


class MediaInfo(Model):
    """The container as it describes itself; ``duration`` is declared, None where nothing is."""

    container: str
    duration: Seconds | None = None
    tracks: tuple[Track, ...] = ()
    video: bool = False
    chosen: int = 0
    skipped: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


class DecodeEnd(Model):
    """How decoding ended: ``samples`` on the media clock, and the ranges that could not be used."""

    samples: int
    lost: tuple[Lost, ...] = ()
    warnings: tuple[str, ...] = ()


class DecodeLimits(Model):
    """Where decoding stops."""

    max_seconds: float = 12 * 3600.0
    max_bytes: int = 64 << 30
    memory_bytes: int = 1 << 30
    stall_seconds: float = 30.0


class DecodeRequest(Model):
    """What to decode: a track, or the track of a language (BCP-47), in parts of ``part_samples`` samples."""

    track: int | None = None
    language: str | None = None
    part_samples: int = 60 * 16_000
    limits: DecodeLimits = DecodeLimits()
