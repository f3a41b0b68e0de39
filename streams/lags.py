"""How far every stage is behind, whether anybody runs it or not: one look at all groups, by those who run ``jobs``.

A stage that is down says nothing of itself; somebody else has to say that its queue grows.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from processors.stage import Stage, discover
from streams.backpressure import lag
from streams.graph import topics
from streams.probe import Probe
from streams.status import StatusBoard

LOOK_SECONDS: Final = 10.0


async def follow(connection: Mapping[str, Any], partitions: Mapping[str, int], probe: Probe) -> None:
    """Look until cancelled; a broker that is away leaves the last word standing."""
    stages = [*discover(), StatusBoard().stage()]
    while True:
        admin, reader = AIOKafkaAdminClient(**connection), AIOKafkaConsumer(**connection)
        try:
            await admin.start()
            await reader.start()
            while True:
                for stage in stages:
                    records = await _behind(stage, partitions, admin, reader)
                    probe.gauge("chalkstream.stage.lag.records", records, stage=stage.name)
                await asyncio.sleep(LOOK_SECONDS)
        except (KafkaError, OSError, TimeoutError):
            await asyncio.sleep(LOOK_SECONDS)
        finally:
            await reader.stop()
            await admin.close()


async def _behind(stage: Stage, partitions: Mapping[str, int], admin: Any, reader: Any) -> int:
    names = [name for kind in stage.takes for name in topics(kind)]
    return await behind(stage.name, places(names, partitions), admin, reader)


def places(names: Sequence[str], partitions: Mapping[str, int]) -> list[TopicPartition]:
    """Every partition of these topics."""
    return [TopicPartition(name, number) for name in sorted(set(names)) for number in range(partitions.get(name, 0))]


async def behind(group: str, where: list[TopicPartition], admin: Any, reader: Any) -> int:
    """Records before a group."""
    if not where:
        return 0
    found = await admin.list_consumer_group_offsets(group, partitions=where)
    committed = {place: each.offset for place, each in found.items()}
    return lag(await reader.beginning_offsets(where), await reader.end_offsets(where), committed)
