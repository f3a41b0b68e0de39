"""Who is cancelled: ``media.control`` read whole by every worker, without a group, and kept in memory.

Cancelling means one run and those before it, so that a re-run of a cancelled job works; deleting means all of them.
"""

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import envelope
from schemas.errors import BadInput
from schemas.events import JobControl
from streams.stepping import some


class Control:
    """``stops(job, run)`` may be asked from any thread."""

    def __init__(self) -> None:
        self._until: dict[str, int] = {}
        self.read = asyncio.Event()

    def stops(self, job: str, run: int) -> bool:
        """Whether work for this run of the job is to be left."""
        return run <= self._until.get(job, -1)

    def told(self, event: JobControl) -> None:
        """Take one wish into account; an older one never takes back a later one."""
        self._until[event.job] = max(event.last_run, self._until.get(event.job, -1))

    async def follow(self, connection: dict[str, Any], partitions: int) -> None:
        """Read from the beginning and then on; ``read`` is set when the end was reached once."""
        reader = AIOKafkaConsumer(**connection, enable_auto_commit=False, fetch_max_wait_ms=3_000)
        await reader.start()
        try:
            places = [TopicPartition(JobControl.topic, number) for number in range(partitions)]
            reader.assign(places)
            await reader.seek_to_beginning(*places)
            ends = await reader.end_offsets(places)
            while True:
                if not self.read.is_set() and all([await reader.position(place) >= ends[place] for place in places]):
                    self.read.set()
                found = await some(reader, places, timeout_ms=3_000 if self.read.is_set() else 100)
                for records in found.values():
                    for record in records:
                        self._take(record)
        finally:
            await reader.stop()

    def _take(self, record: Any) -> None:
        """What can't be read is left to the stage ``jobs``, which buries it."""
        try:
            event = envelope.read(
                record.topic, record.headers, record.key, record.value, record.partition, record.offset
            )
        except BadInput:
            return
        if isinstance(event, JobControl):
            self.told(event)
