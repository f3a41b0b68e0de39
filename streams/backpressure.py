"""How much audio waits before recognition, across the cluster: read from lag, so that every demux sees the same.

A record before ``transcribe`` is at most one chunk long, one before ``chunk`` one part. The gauge looks every two
seconds while somebody asks it; demux waits while it is full, and goes on a little below (DESIGN §3). The first
minutes of a job never wait: they travel on the express topic.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from processors.stage import Stage
from schemas.events import Event, PartDecoded
from streams.precedence import Firsts, first_minutes

LOOK_SECONDS: Final = 2.0
ASKED_SECONDS: Final = 10.0
"""So long after the last question the gauge stops looking."""
PART_SECONDS: Final = 60.0
AMPLE_SECONDS: Final = 300.0
"""Recognition with so much before it lacks nothing while decoding rests for somebody's first minutes."""
RELEASE: Final = 0.9
WATCHED: Final = {"transcribe": ("media.speech", "media.speech.express"), "chunk": ("media.audio",)}


def past_express(said: Event) -> bool:
    """Whether a stage that has just said this may be held: not while it works on the first minutes of a job."""
    return isinstance(said, PartDecoded) and not first_minutes(said)


def lag(begins: Mapping[Any, int], ends: Mapping[Any, int], committed: Mapping[Any, int | None]) -> int:
    """Records before a group. Where it has committed nothing, all that the log still has are before it."""
    found = 0
    for place, end in ends.items():
        done = committed.get(place)
        found += max(0, end - max(begins.get(place, 0), done if done is not None and done >= 0 else 0))
    return found


class Gauge:
    """``full`` may be read from any thread. ``partitions``: how many each topic has (a reader that has joined
    nothing does not know)."""

    def __init__(
        self, connection: dict[str, Any], limit_seconds: float, chunk_seconds: float,
        partitions: Mapping[str, int] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        self._connection, self._limit, self._partitions = connection, limit_seconds, partitions
        self._seconds = {"transcribe": chunk_seconds, "chunk": PART_SECONDS}
        self._full, self._asked, self.waiting_seconds = False, -ASKED_SECONDS, 0.0

    @property
    def full(self) -> bool:
        """Whether decoding should wait."""
        self._asked = time.monotonic()
        return self._full

    @property
    def ample(self) -> bool:
        """Whether decoding may rest for a while."""
        return self.waiting_seconds > AMPLE_SECONDS

    async def follow(self) -> None:
        """Look until cancelled; a broker that is away leaves the last word standing."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(LOOK_SECONDS)

    def judge(self, seconds: float) -> None:
        """Full above the limit, until it is well below."""
        self.waiting_seconds = seconds
        self._full = seconds > self._limit * (RELEASE if self._full else 1.0)

    async def _follow(self) -> None:
        admin, reader = AIOKafkaAdminClient(**self._connection), AIOKafkaConsumer(**self._connection)
        try:
            await admin.start()
            await reader.start()
            while True:
                if time.monotonic() - self._asked < ASKED_SECONDS:
                    self.judge(await self._look(admin, reader))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await reader.stop()
            await admin.close()

    async def _look(self, admin: Any, reader: Any) -> float:
        total = 0.0
        for group, names in WATCHED.items():
            places = [TopicPartition(name, number) for name in names for number in range(self._partitions.get(name, 0))]
            if places:
                found = await admin.list_consumer_group_offsets(group, partitions=places)
                committed = {place: each.offset for place, each in found.items()}
                begins, ends = await reader.beginning_offsets(places), await reader.end_offsets(places)
                total += lag(begins, ends, committed) * self._seconds[group]
        return total


@dataclass(frozen=True)
class Brake:
    """When long decoding waits: where too much waits for recognition, and, with enough of it, while other jobs' first
    minutes are in hand here."""

    gauge: Gauge
    firsts: Firsts

    def holds(self, stage: Stage, said: Event) -> bool:
        """Whether a stage that has just said this is to wait. May be asked from any thread."""
        if not stage.held_by or not past_express(said):
            return False
        return self.gauge.full or (self.gauge.ample and self.firsts.others(said.job))
