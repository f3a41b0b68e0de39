"""Bytes on their way into the store: hashed, cut into pieces, one piece on its way while the next is filled.

Memory is two pieces, whatever the size of the file. A file of one piece is put at once when its end is known, so that
what a form says behind the file still counts.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.pieces import Piece, Pieces, piece_size
from schemas.errors import BadInput
from schemas.events import StoredObject


@dataclass
class Filling:
    """``most``: bytes that are taken. ``announced``: bytes that the client says will come, if it does."""

    pieces: Pieces
    key: str
    most: int
    announced: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    size: int = 0
    _upload: str | None = None
    _buffer: bytearray = field(default_factory=bytearray)
    _done: list[Piece] = field(default_factory=list)
    _sending: "asyncio.Task[Piece] | None" = None
    _hash: Any = field(default_factory=hashlib.sha256)

    @property
    def begun(self) -> bool:
        """Whether something of it is in the store, so that its metadata is settled."""
        return self._upload is not None

    @property
    def sha256(self) -> str:
        """Of all that was written, once it has ended."""
        return str(self._hash.hexdigest())

    async def write(self, data: bytes | memoryview) -> None:
        """More bytes. Raises BadInput("too_large") and Unavailable."""
        self.size += len(data)
        if self.size > self.most:
            raise too_large(self.most)
        self._buffer += data
        if len(self._buffer) >= piece_size(self.announced):
            await self._flush()

    async def end(self) -> StoredObject:
        """The object. Raises BadInput("invalid_request") for an empty file."""
        if not self.size:
            raise BadInput("invalid_request", "the file is empty", "send a media file")
        if self._upload is None:
            self._hash.update(self._buffer)
            return await asyncio.to_thread(self.pieces.whole, self.key, self._buffer, self.metadata)
        if self._buffer:
            await self._flush()
        await self._settle()
        return await asyncio.to_thread(self.pieces.end, self.key, self._upload, self._done, self.metadata)

    async def drop(self) -> None:
        """Leave nothing behind."""
        if self._sending is not None:
            await asyncio.wait([self._sending])
        if self._upload is not None:
            await asyncio.to_thread(self.pieces.drop, self.key, self._upload)

    async def _flush(self) -> None:
        if self._upload is None:
            self._upload = await asyncio.to_thread(self.pieces.begin, self.key, self.metadata)
        await self._settle()
        data, self._buffer = self._buffer, bytearray()
        number = len(self._done) + 1
        self._sending = asyncio.create_task(asyncio.to_thread(self._put, number, self.size - len(data), data))

    def _put(self, number: int, offset: int, data: bytearray) -> Piece:
        self._hash.update(data)
        return self.pieces.put(self.key, self._upload or "", number, offset, data)

    async def _settle(self) -> None:
        if self._sending is not None:
            sending, self._sending = self._sending, None
            self._done.append(await sending)


def too_large(most: int) -> BadInput:
    """413."""
    return BadInput("too_large", f"the file is larger than {most / (1 << 30):g} GiB", "cut it into parts")
