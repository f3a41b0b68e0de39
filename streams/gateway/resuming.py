"""An upload that may be interrupted: what of it stands, as a record in ``state`` that one writer at a time may change.

Whole pieces are in the store; what is less than a piece stands beside the record as its tail. Who goes on with it, at
whichever gateway, takes the record over by changing it: whoever had it then finds so at its next piece, and stops. The
old writer may have sent one more piece by then, so the new one leaves out a number.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Final

from infra.pieces import Piece, Pieces, piece_size
from infra.state import State
from schemas.base import Model, to_bytes
from schemas.errors import NotFound
from schemas.events import StoredObject
from streams.gateway.problems import Refused

FOLDER: Final = "tus/"


class UploadState(Model):
    """The record. ``busy``: somebody writes, or died in it. ``job``: what it has become."""

    id: str
    tenant: str
    key: str
    upload: str
    size: int
    told: str
    metadata: dict[str, str]
    expires: float
    pieces: tuple[tuple[int, str, int], ...] = ()
    next: int = 1
    tail: str = ""
    tail_size: int = 0
    busy: bool = False
    job: str | None = None

    @property
    def stored(self) -> int:
        """Bytes in pieces."""
        return sum(size for _, _, size in self.pieces)

    @property
    def offset(self) -> int:
        """Bytes that stand."""
        return self.stored + self.tail_size

    @property
    def name(self) -> str:
        """The record's key."""
        return f"{FOLDER}{self.tenant}/{self.id}"


def load(state: State, tenant: str, name: str) -> tuple[UploadState, str]:
    """The record and its tag. Raises NotFound, also for another tenant's."""
    kept = state.get(f"{FOLDER}{tenant}/{name}") if name.isalnum() and len(name) == 32 else None
    if kept is None:
        raise NotFound("there is no such upload", "begin it anew: POST /v1/uploads")
    return UploadState.model_validate_json(kept.data), kept.tag


@dataclass
class Writer:
    """Goes on with one upload. ``provisional``: nothing counts before ``settle``, for its checksum may be wrong."""

    state: State
    pieces: Pieces
    record: UploadState
    tag: str
    provisional: bool = False
    _buffer: bytearray = field(default_factory=bytearray)
    _number: int = 0
    _new: list[Piece] = field(default_factory=list)

    async def claim(self) -> None:
        """Be the one who writes. Raises Refused (423) where somebody else became it at the same time."""
        first = self.record.next + (1 if self.record.busy else 0)
        self._number = first
        await self._change(busy=True, next=first)
        if self.record.tail:
            kept = await asyncio.to_thread(self.state.get, self.record.tail)
            if kept is None or len(kept.data) != self.record.tail_size:
                await self._change(tail="", tail_size=0, busy=False)
                raise Refused(409, "conflict", "a part of the upload is missing", "ask for its offset, and go on there")
            self._buffer += kept.data

    @property
    def offset(self) -> int:
        """Bytes that have come."""
        return self.record.stored + sum(piece.size for piece in self._new) + len(self._buffer)

    async def write(self, data: bytes) -> None:
        """More bytes. Raises Refused for more than were announced, and where another has taken over."""
        self._buffer += data
        if self.offset > self.record.size:
            raise Refused(413, "too_large", f"more than the {self.record.size} bytes of Upload-Length", "begin anew")
        if len(self._buffer) >= piece_size(self.record.size):
            await self._put()

    async def settle(self) -> None:
        """What has come stands; the last piece, if all have come."""
        if self._buffer and self.offset == self.record.size:
            await self._put()
        tail, old = "", self.record.tail
        if self._buffer:
            tail = f"{self.record.name}.{self._number}.{len(self._buffer)}"
            if await asyncio.to_thread(self.state.create, tail, bytes(self._buffer)) is None:
                await asyncio.to_thread(self.state.remove, tail)
                await asyncio.to_thread(self.state.create, tail, bytes(self._buffer))
        await self._count(tail=tail, tail_size=len(self._buffer), busy=False)
        if old and old != tail:
            await asyncio.to_thread(self.state.remove, old)

    async def give_back(self) -> None:
        """Nothing of this time counts."""
        with contextlib.suppress(Refused):
            await self._change(busy=False, next=self._number + 1)

    async def end(self) -> StoredObject:
        """The object; again, if it was ended and nobody knew."""
        record = self.record
        found = [Piece(*each) for each in record.pieces]
        try:
            return await asyncio.to_thread(self.pieces.end, record.key, record.upload, found, record.metadata)
        except NotFound:
            return await asyncio.to_thread(self.pieces.standing, record.key, record.metadata)

    async def became(self, job: str) -> None:
        """It is a job now."""
        await self._change(job=job, busy=False)

    async def _put(self) -> None:
        data, self._buffer = self._buffer, bytearray()
        offset = self.offset
        record = self.record
        piece = await asyncio.to_thread(self.pieces.put, record.key, record.upload, self._number, offset, data)
        self._new.append(piece)
        self._number += 1
        if not self.provisional:
            await self._count(tail="", tail_size=0)

    async def _count(self, **changed: object) -> None:
        """New pieces count from now on."""
        pieces = (*self.record.pieces, *(tuple(piece) for piece in self._new))
        self._new = []
        await self._change(pieces=pieces, next=self._number, **changed)

    async def _change(self, **changed: object) -> None:
        record = self.record.model_copy(update=changed)
        tag = await asyncio.to_thread(self.state.replace, record.name, to_bytes(record), self.tag)
        if tag is None:
            raise Refused(423, "conflict", "somebody else goes on with this upload", "ask for its offset again")
        self.record, self.tag = record, tag
