"""What an MP4 or QuickTime file's boxes say that libavformat does not: whether it is whole, indexed, encrypted.

Laws: only box headers and sample entries are read, a bounded number of them; a box may claim anything, so every
length is checked against its parent. ISO/IEC 14496-12 §4.2, §8; 23001-7 §4.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

At = Callable[[int, int], bytes]
"""Bytes at an offset; fewer at the end."""
TOP = frozenset(b"ftyp moov mdat moof free skip wide pnot uuid styp sidx".split())
CIPHERED = frozenset([b"enca", b"drms"])
"""Sample entries of protected audio: common encryption, and the iTunes shop's own."""
MOST_BOXES = 4096


@dataclass(frozen=True)
class Boxes:
    """What the boxes say; ``ciphered``: per track, in the file's order."""

    indexed: bool = False
    fragmented: bool = False
    short: bool = False
    ciphered: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Box:
    """One box: where its content begins and where it claims to end."""

    name: bytes
    start: int
    end: int


def is_mp4(head: bytes) -> bool:
    """Does a file that begins so consist of boxes?"""
    return head[4:8] in TOP


def survey(at: At, size: int) -> Boxes:
    """Walk the top level until index and media are both known."""
    moov: Box | None = None
    short = fragments = False
    for box in _children(at, 0, size):
        short |= box.end > size
        moov = box if box.name == b"moov" else moov
        fragments |= box.name == b"moof"
        if moov and fragments:
            break
    if moov is None:
        return Boxes(short=short, fragmented=fragments)
    inside = list(_children(at, moov.start, min(moov.end, size)))
    fragments |= any(box.name == b"mvex" for box in inside)
    ciphered = tuple(_ciphered(at, box) for box in inside if box.name == b"trak")
    return Boxes(indexed=True, fragmented=fragments, short=short, ciphered=ciphered)


def _children(at: At, offset: int, end: int) -> Iterator[Box]:
    for _ in range(MOST_BOXES):
        head = at(offset, 16)
        if offset + 8 > end or len(head) < 8:
            return
        length, name, content = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1 and len(head) == 16:
            length, content = int.from_bytes(head[8:], "big"), 16
        until = end if length == 0 else offset + length
        if length and length < content:
            return
        yield Box(name, offset + content, until)
        offset = until


def _ciphered(at: At, trak: Box) -> bool:
    box: Box | None = trak
    for name in (b"mdia", b"minf", b"stbl", b"stsd"):
        box = next((child for child in _children(at, box.start, box.end) if child.name == name), None) if box else None
    return box is not None and at(box.start + 12, 4) in CIPHERED
