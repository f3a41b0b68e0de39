"""What travels between parent and child: the job, read requests and replies, messages. Standard library only.

Laws: a length is checked before anything is allocated for it; a header is JSON, never pickle; whoever reads a
malformed frame raises ``Malformed`` and gives the other side up.
"""

import json
import struct
from collections.abc import Callable
from typing import Any

READ = struct.Struct("<QI")
"""A read request of the child: offset and length in bytes."""
COUNT = struct.Struct("<I")
"""The length of a reply or of the job, in bytes."""
HEAD = struct.Struct("<II")
"""A message's header and payload lengths, in bytes."""
MAX_READ, MAX_JOB = 1 << 20, 1 << 16
MAX_HEADER, MAX_PAYLOAD = 1 << 18, 1 << 18
FAILED = 0xFFFFFFFF
"""In place of a reply's length: the source could not be read."""

Receive = Callable[[int], bytes]
"""Exactly so many bytes, or fewer at the end of the stream."""


class Malformed(Exception):
    """The other side does not keep the protocol."""


def pack(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """A message."""
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > MAX_HEADER or len(payload) > MAX_PAYLOAD:
        raise Malformed(f"a message of {len(text)} + {len(payload)} bytes is too long")
    return HEAD.pack(len(text), len(payload)) + text + payload


def lengths(head: bytes) -> tuple[int, int]:
    """Header and payload lengths of the message that begins with these 8 bytes."""
    header, payload = HEAD.unpack(head)
    if not 2 <= header <= MAX_HEADER or payload > MAX_PAYLOAD or payload % 2:
        raise Malformed(f"a message claims {header} + {payload} bytes")
    return header, payload


def header_of(text: bytes) -> dict[str, Any]:
    """A message's header: a JSON object with a ``kind``."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("a header is no JSON") from None
    if not isinstance(header, dict) or not isinstance(header.get("kind"), str):
        raise Malformed("a header has no kind")
    return header


def read_request(data: bytes, size: int) -> tuple[int, int]:
    """Offset and length asked for, inside a source of ``size`` bytes."""
    offset, length = READ.unpack(data)
    if not 0 < length <= MAX_READ or offset >= size:
        raise Malformed(f"the child asks for {length} bytes at {offset} of {size}")
    return offset, min(length, size - offset)
