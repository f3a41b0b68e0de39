"""What a join was told before this process had its partitions: read again from the log, for the links of its spans.

Only where somebody looks. Bounded in records and in time, for it stands before the first record of an assignment;
whatever goes wrong here costs links and nothing else.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from processors.stage import Stage
from schemas import tracing
from schemas.events import Event
from streams.probe import Probe
from streams.reading import event_of, origin_of
from streams.stepping import some

MOST: Final = 300
"""Records of each partition, the newest."""
SECONDS: Final = 5.0
log = logging.getLogger(__name__)


async def recall(stage: Stage, probe: Probe, connection: dict[str, Any], places: Iterable[TopicPartition]) -> None:
    """Tell ``probe`` of the newest inputs of a join."""
    try:
        async with asyncio.timeout(SECONDS):
            await _recall(stage, probe, connection, list(places))
    except Exception as error:
        log.debug("%s does not know all parts (%s)", stage.name, type(error).__name__)


async def _recall(stage: Stage, probe: Probe, connection: dict[str, Any], places: list[TopicPartition]) -> None:
    reader = AIOKafkaConsumer(**connection, enable_auto_commit=False)
    await reader.start()
    try:
        reader.assign(places)
        begins, ends = await reader.beginning_offsets(places), await reader.end_offsets(places)
        left = {place for place in places if ends[place] > begins[place]}
        for place in places:
            reader.seek(place, max(begins[place], ends[place] - MOST))
        while left:
            for records in (await some(reader, places, timeout_ms=500)).values():
                for record in records:
                    _tell(stage, probe, record)
            left = {place for place in left if await reader.position(place) < ends[place]}
    finally:
        await reader.stop()


def _tell(stage: Stage, probe: Probe, record: Any) -> None:
    event, context = event_of(origin_of(record)), tracing.carried(record.headers or ())
    if isinstance(event, Event) and isinstance(event, stage.takes) and context:
        probe.told(stage.name, event, context)
