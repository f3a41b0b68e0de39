"""What a broker knows of topics and groups, for those who look after it: reads only, changes nothing."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.kafka import admin, connection, partitions
from infra.settings import KafkaSettings
from schemas.errors import Unavailable

COORDINATOR_TRIES, COORDINATOR_SECONDS = 20, 0.5


@dataclass(frozen=True)
class TopicFacts:
    """One topic as it is; ``config`` holds all of its settings."""

    partitions: int
    config: Mapping[str, str]


@dataclass(frozen=True)
class GroupFacts:
    """One consumer group: members that are there, and records that wait for them."""

    members: int
    lag: int


async def topic_facts(settings: KafkaSettings, names: Iterable[str]) -> dict[str, TopicFacts]:
    """The topics that are there. Raises Unavailable."""
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    async with admin(settings) as client:
        described = await client.describe_topics(list(names))
        counts = {each["topic"]: len(each["partitions"]) for each in described if each["error_code"] == 0}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in counts]
        answers = await client.describe_configs(resources) if resources else []
    configs = {each[3]: {entry[0]: str(entry[1]) for entry in each[4]} for got in answers for each in got.resources}
    return {name: TopicFacts(count, configs.get(name, {})) for name, count in counts.items()}


async def group_facts(settings: KafkaSettings, groups: Mapping[str, Iterable[str]]) -> dict[str, GroupFacts]:
    """Per group (with the topics it reads). A group that has never been is one without members. Raises Unavailable."""
    from aiokafka.errors import KafkaError

    try:
        async with admin(settings) as client:
            await _coordinated(client, next(iter(groups), ""))
            members = {name: await _members(client, name) for name in groups}
            done = {name: await client.list_consumer_group_offsets(name) for name in groups}
        there = await partitions(settings, {topic for topics in groups.values() for topic in topics})
        ends = await _ends(settings, there)
    except (KafkaError, OSError) as error:
        raise Unavailable(f"groups can't be asked ({type(error).__name__})", "try again in a moment") from error
    return {name: GroupFacts(members[name], _lag(set(topics), ends, done[name])) for name, topics in groups.items()}


async def _coordinated(client: Any, group: str) -> None:
    """Wait for the topic of offsets: a broker that has had no group yet makes it when it is first asked for one."""
    from aiokafka.errors import GroupCoordinatorNotAvailableError

    for _ in range(COORDINATOR_TRIES):
        try:
            await client.find_coordinator(group)
        except GroupCoordinatorNotAvailableError:
            await asyncio.sleep(COORDINATOR_SECONDS)
        else:
            return


async def _members(client: Any, group: str) -> int:
    """One group a question: aiokafka 0.14 can't read an answer about several."""
    answers = await client.describe_consumer_groups([group])
    return sum(len(each[5]) for got in answers for each in got.groups)


async def _ends(settings: KafkaSettings, there: Mapping[str, int]) -> Mapping[Any, int]:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    reader = AIOKafkaConsumer(**connection(settings), enable_auto_commit=False)
    await reader.start()
    try:
        places = [TopicPartition(name, number) for name, count in there.items() for number in range(count)]
        found: Mapping[Any, int] = await reader.end_offsets(places) if places else {}
        return found
    finally:
        await reader.stop()


def _lag(topics: set[str], ends: Mapping[Any, int], done: Mapping[Any, Any]) -> int:
    mine = {place: end for place, end in ends.items() if place.topic in topics}
    return sum(max(0, end - max(0, done[place].offset if place in done else 0)) for place, end in mine.items())
