"""Files made to be refused or forgiven: lists in a movie's clothes, bombs, halves, scars, ciphers, false lengths."""

import random
import struct
import zlib
from pathlib import Path

from tests.media import Audio, chirps, make

DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S">'
    '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>other.mp4</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>"
)
HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile other.mp4\n"
SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 0\r\n"


def bomb(width: int = 7000, height: int = 7000) -> bytes:
    """A PNG of some 200 kB that takes 196 MB once decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes((width * 4 + 1) * height), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def put(path: Path, content: str | bytes) -> Path:
    """A file with this in it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


LENGTH = 20
TIMES = [index + 0.5 for index in range(LENGTH)]
ENCRYPTED = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "22" * 16, "encryption_kid": "11" * 16,
             "fflags": "+bitexact"}  # fmt: skip
"""Bit-exact, so that what stands for noise is the same noise each time."""


def media(path: Path, *, video: float = LENGTH, **options: str) -> Path:
    """Twenty seconds with a chirp in each, as the name's ending asks."""
    codec, rate = {
        ".webm": ("libopus", 48_000), ".ogg": ("libopus", 48_000), ".mp3": ("libmp3lame", 44_100),
        ".flac": ("flac", 44_100), ".wav": ("pcm_s16le", 44_100),
    }.get(path.suffix, ("aac", 44_100))  # fmt: skip
    pictures = video if path.suffix in (".mp4", ".mkv", ".ts", ".flv") else 0.0
    track = Audio(chirps(LENGTH, TIMES, rate=rate), codec=codec, rate=rate)
    return make(path, track, video=pictures, options=options, video_codec="flv" if path.suffix == ".flv" else "mpeg4")


def halved(path: Path) -> Path:
    """The first half of its bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def scarred(path: Path) -> Path:
    """A twentieth of its bytes, past the middle, replaced by noise."""
    data = bytearray(path.read_bytes())
    start, end = int(len(data) * 0.6), int(len(data) * 0.65)
    data[start:end] = random.Random(1).randbytes(end - start)
    path.write_bytes(data)
    return path


def claiming(path: Path, size: bytes) -> Path:
    """A WAV file whose header says that it is as long as ``size`` (4 bytes)."""
    data = bytearray(path.read_bytes())
    data[4:8] = data[data.find(b"data") + 4 : data.find(b"data") + 8] = size
    path.write_bytes(data)
    return path
