"""Past a record that aiokafka can't read: a header whose name is no text, a compression that it does not know, bytes
that are damaged raise each time they are fetched.

aiokafka then loses what it had read before it in that call, so the reader goes back and takes one record at a time.
Every reader of a topic that others may write to reads by way of this file.
"""

import zlib
from collections import deque
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from cramjam import DecompressionError

from streams.offsets import Offsets
from streams.reading import NoRecord

STEP_MS: Final = 5_000
STEPS: Final = 256
UNREADABLE: Final = (
    UnicodeDecodeError, UnsupportedCodecError, NotImplementedError,
    CorruptRecordException, zlib.error, DecompressionError,
)  # fmt: skip
"""What aiokafka raises for what stands in a topic, and not for a broker that can't be asked."""


async def some(reader: Any, places: Collection[TopicPartition], timeout_ms: int) -> Mapping[TopicPartition, list[Any]]:
    """What a reader without a group finds next at its ``places``; an empty record stands for one that can't be read."""
    began = {place: await reader.position(place) for place in places}
    try:
        found: Mapping[TopicPartition, list[Any]] = await reader.getmany(timeout_ms=timeout_ms)
    except UNREADABLE:
        for place, position in began.items():
            reader.seek(place, position)
        found = {place: await step_over(reader, place, STEPS) for place in places}
    return found


class Past:
    """``getone`` of a reader without a group, past what can't be read."""

    def __init__(self, reader: Any) -> None:
        self._reader, self._ask, self._found = reader, reader.getone, deque[Any]()

    async def getone(self, *places: TopicPartition) -> Any:
        """The next record; an empty one stands for one that can't be read."""
        while not self._found:
            try:
                return await self._ask(*places)
            except UNREADABLE:
                for place in self._reader.assignment():
                    self._found += await step_over(self._reader, place, STEPS)
        return self._found.popleft()


async def go_back(consumer: Any, read: Mapping[TopicPartition, Offsets]) -> None:
    """To the record after the last that was really taken."""
    for place, offsets in read.items():
        if offsets.following is not None:
            consumer.seek(place, offsets.following)
        elif committed := await consumer.committed(place):
            consumer.seek(place, committed)
        else:
            await consumer.seek_to_beginning(place)


async def step_over(consumer: Any, place: TopicPartition, most: int) -> list[Any]:
    """Records of a partition one by one; in place of the one that can't be read stands an empty one."""
    found: list[Any] = []
    while len(found) < most:
        position = await consumer.position(place)
        if position >= (consumer.highwater(place) or 0):
            break
        try:
            got = await consumer.getmany(place, timeout_ms=STEP_MS, max_records=1)
        except UNREADABLE:
            consumer.seek(place, position + 1)
            got = {place: [NoRecord(place.topic, place.partition, position)]}
        if not got:
            break
        found += got[place]
    return found
