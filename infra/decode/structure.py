"""Whether a file is shorter than its own outermost length claims, and which of its tracks are encrypted.

Law: this only ever explains a result (``truncated``, ``encrypted``); it never decides that a file may be opened.
Sources: RIFF (Microsoft, 1991), EBML (RFC 8794), Matroska (RFC 9559), Ogg (RFC 3533), FLV 10.1 annex E, ASF 1.20 §3.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.decode.boxes import At, is_mp4, survey

EBML, SEGMENT, TRACKS, TRACK = 0x1A45DFA3, 0x18538067, 0x1654AE6B, 0xAE
ENCODINGS, ENCODING, ENCRYPTION = 0x6D80, 0x6240, 0x5035
ASF_HEAD = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
ASF_CIPHER = (bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"), bytes.fromhex("14e68a292226174cb935dae07ee9289c"))
UNKNOWN_RIFF = 0x7FFF0000
"""Lengths from here on are what writers that can't seek put in; such a file is judged by its own size."""
MOST_ELEMENTS, HEAD = 512, 1 << 16


@dataclass(frozen=True)
class Structure:
    """What a file's outermost structure says.

    ``claimed``: bytes that it says it has; ``ciphered``: per track, in the file's order.
    """

    known: bool = False
    indexed: bool = True
    fragmented: bool = False
    short: bool = False
    ended: bool = True
    claimed: int = 0
    ciphered: tuple[bool, ...] = ()
    all_ciphered: bool = False


def look(at: At, size: int) -> Structure:
    """Read the outermost structure of what begins with a known signature; nothing known otherwise."""
    head = at(0, HEAD)
    if is_mp4(head):
        boxes = survey(at, size)
        return Structure(True, boxes.indexed, boxes.fragmented, boxes.short, ciphered=boxes.ciphered)
    if head[:4] == b"\x1aE\xdf\xa3":
        return _matroska(at, size)
    if head[:4] in (b"RIFF", b"RF64"):
        claimed = int.from_bytes(head[4:8], "little") + 8
        return Structure(known=True, short=size < claimed < UNKNOWN_RIFF, claimed=claimed)
    if head[:16] == ASF_HEAD:
        return _asf(head, size)
    if head[:4] == b"FLV\x01":
        return Structure(known=True, short=not _whole_tag(at, size))
    if head[:4] == b"OggS":
        return Structure(known=True, ended=_last_page(at, size))
    return Structure(known=head[:4] in (b"fLaC", b"caff", b"FORM") or head[:3] == b"ID3")


def _whole_tag(at: At, size: int) -> bool:
    """Does an FLV end with a whole tag? Its last four bytes are the tag's length."""
    length = int.from_bytes(at(size - 4, 4), "big")
    tag = at(size - 4 - length, 4) if 11 <= length < size else b""
    return tag[:1] in (b"\x08", b"\x09", b"\x12") and int.from_bytes(tag[1:4], "big") == length - 11


def _last_page(at: At, size: int) -> bool:
    """Is the last page of an Ogg marked as its stream's last (RFC 3533 §6)?"""
    tail = at(max(0, size - HEAD), HEAD)
    return tail[tail.rfind(b"OggS") + 5 :][:1] >= b"\x04"


def _asf(head: bytes, size: int) -> Structure:
    found = head.find(ASF_FILE)
    claimed = int.from_bytes(head[found + 40 : found + 48], "little") if found >= 0 else 0
    return Structure(known=True, short=size < claimed, all_ciphered=any(mark in head for mark in ASF_CIPHER))


def _matroska(at: At, size: int) -> Structure:
    for name, start, end in _elements(at, 0, size):
        if name == SEGMENT:
            tracks = next(((s, e) for n, s, e in _elements(at, start, min(end, size)) if n == TRACKS), None)
            entries = [(s, e) for n, s, e in _elements(at, *tracks) if n == TRACK] if tracks else []
            return Structure(True, short=end > size, ciphered=tuple(_encrypted(at, *entry) for entry in entries))
    return Structure(known=True, short=True)


def _encrypted(at: At, start: int, end: int) -> bool:
    for wanted in (ENCODINGS, ENCODING, ENCRYPTION):
        found = next(((s, e) for name, s, e in _elements(at, start, end) if name == wanted), None)
        if found is None:
            return False
        start, end = found
    return True


def _elements(at: At, offset: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Name, content start and end of each element; an unknown length reaches to ``end``."""
    for _ in range(MOST_ELEMENTS):
        head = at(offset, 12)
        if offset >= end or len(head) < 2 or not head[0]:
            return
        marked = 9 - head[0].bit_length()
        if marked > 4 or len(head) <= marked or not head[marked]:
            return
        width = 9 - head[marked].bit_length()
        value = int.from_bytes(head[marked : marked + width], "big") & ((1 << 7 * width) - 1)
        start = offset + marked + width
        until = end if value == (1 << 7 * width) - 1 else start + value
        yield int.from_bytes(head[:marked], "big"), start, until
        offset = until
