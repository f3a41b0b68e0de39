"""How far every stage is behind, whether anybody runs it or not: one look at all groups, by those who run ``jobs``.

A stage that is down says nothing of itself; somebody else has to say that its queue grows.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from processors.stage import discover
from streams.backpressure import lag
from streams.graph import topics
from streams.probe import Probe
from streams.status import StatusBoard

LOOK_SECONDS: Final = 10.0


async def follow(connection: Mapping[str, Any], partitions: Mapping[str, int], probe: Probe) -> None:
    """Look until cancelled; a broker that is away leaves the last word standing."""
    stages = [*discover(), StatusBoard().stage()]
    wanted = {
        stage.name: places([name for kind in stage.takes for name in topics(kind)], partitions) for stage in stages
    }
    while True:
        admin, reader = AIOKafkaAdminClient(**connection), AIOKafkaConsumer(**connection)
        try:
            await admin.start()
            await reader.start()
            coordinators = {name: await admin.find_coordinator(name) for name in wanted}
            while True:
                for name, records in (await behind(wanted, coordinators, admin, reader)).items():
                    probe.gauge("chalkstream.stage.lag.records", records, stage=name)
                await asyncio.sleep(LOOK_SECONDS)
        except (KafkaError, OSError, TimeoutError):
            await asyncio.sleep(LOOK_SECONDS)
        finally:
            await reader.stop()
            await admin.close()


def places(names: Sequence[str], partitions: Mapping[str, int]) -> list[TopicPartition]:
    """Every partition of these topics."""
    return [TopicPartition(name, number) for name in sorted(set(names)) for number in range(partitions.get(name, 0))]


async def behind(
    wanted: Mapping[str, Sequence[TopicPartition]], coordinators: Mapping[str, int], admin: Any, reader: Any
) -> dict[str, int]:
    """Records before each group: the log is asked once for all of them, and each group for what it has committed."""
    every = sorted({place for where in wanted.values() for place in where})
    begins, ends = await reader.beginning_offsets(every), await reader.end_offsets(every)
    found = {}
    for name, where in wanted.items():
        committed = await admin.list_consumer_group_offsets(name, coordinators[name])
        found[name] = lag(begins, {place: ends[place] for place in where}, {p: o.offset for p, o in committed.items()})
    return found
