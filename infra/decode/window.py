"""Read-ahead over a source: few larger reads behind many small ones.

Laws: a block grows while reading is sequential and shrinks after a jump, so that neither a sequential read of an
object store nor a seek costs more than it must; at most ``KEPT`` blocks are held.
"""

from collections import OrderedDict
from typing import Protocol

SMALLEST, LARGEST, KEPT = 1 << 18, 1 << 22, 4
"""Bytes: 256 KiB after a jump, 4 MiB at most; an interleaved file alternates between a few places."""


class Readable(Protocol):
    """Random access to bytes; ``size`` in bytes. The ``ByteSource`` of the processors is one."""

    size: int

    def read(self, offset: int, length: int) -> bytes: ...


class Window:
    """Answers reads from blocks; one thread."""

    def __init__(self, source: Readable) -> None:
        self._source, self._step = source, SMALLEST
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._next = 0

    def read(self, offset: int, length: int) -> bytes:
        """Between 1 and ``length`` bytes from ``offset``; none at the end of the source."""
        held = self._held(offset)
        if held is None:
            held = self._fetch(offset)
        block = self._blocks[held]
        return block[offset - held : offset - held + length]

    def _held(self, offset: int) -> int | None:
        for start in reversed(self._blocks):
            if start <= offset < start + len(self._blocks[start]):
                return start
        return None

    def _fetch(self, offset: int) -> int:
        self._step = min(self._step * 2, LARGEST) if offset == self._next else SMALLEST
        block = self._source.read(offset, min(self._step, self._source.size - offset))
        self._next = offset + len(block)
        self._blocks.pop(offset, None)
        self._blocks[offset] = block
        while len(self._blocks) > KEPT:
            self._blocks.popitem(last=False)
        return offset
