"""How much audio waits before recognition, across the cluster: read from lag, so that every demux sees the same.

A record before ``transcribe`` is at most one chunk long, one before ``chunk`` one part. The gauge looks every two
seconds; demux waits while it is full, and goes on a little below (DESIGN §3).
"""

import asyncio
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

LOOK_SECONDS: Final = 2.0
PART_SECONDS: Final = 60.0
RELEASE: Final = 0.9
WATCHED: Final = {"transcribe": ("media.speech", "media.speech.express"), "chunk": ("media.audio",)}


class Gauge:
    """``full`` may be read from any thread."""

    def __init__(self, connection: dict[str, Any], limit_seconds: float, chunk_seconds: float) -> None:
        self._connection, self._limit = connection, limit_seconds
        self._seconds = {"transcribe": chunk_seconds, "chunk": PART_SECONDS}
        self.full, self.waiting_seconds = False, 0.0

    async def follow(self) -> None:
        """Look until cancelled; a broker that is away leaves the last word standing."""
        admin, reader = AIOKafkaAdminClient(**self._connection), AIOKafkaConsumer(**self._connection)
        await admin.start()
        await reader.start()
        try:
            while True:
                try:
                    self._judge(await self._look(admin, reader))
                except KafkaError:
                    await asyncio.sleep(LOOK_SECONDS)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await reader.stop()
            await admin.close()

    async def _look(self, admin: Any, reader: Any) -> float:
        total = 0.0
        for group, names in WATCHED.items():
            known = await reader.topics()
            places = [
                TopicPartition(name, number) for name in names if name in known
                for number in reader.partitions_for_topic(name) or ()
            ]  # fmt: skip
            ends = await reader.end_offsets(places) if places else {}
            done = await admin.list_consumer_group_offsets(group, partitions=places) if places else {}
            lag = sum(max(0, ends[place] - max(0, done[place].offset if place in done else 0)) for place in places)
            total += lag * self._seconds[group]
        return total

    def _judge(self, seconds: float) -> None:
        self.waiting_seconds = seconds
        self.full = seconds > self._limit * (RELEASE if self.full else 1.0)
