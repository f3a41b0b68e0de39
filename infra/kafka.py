"""The broker: how to connect, and what ``init`` makes. Foreign errors are translated here."""

import ssl
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.settings import KafkaSettings
from schemas.errors import BadSettings, ChalkstreamError, Unavailable
from schemas.topics import Topic

NO_ERROR, ALREADY_THERE = 0, 36
METADATA_MS: Final = 30_000
"""A topic that was deleted and made again is found after this time; the client's own five minutes are long to wait."""


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """The keyword arguments that every aiokafka client takes."""
    wanted: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap, "security_protocol": settings.security,
        "metadata_max_age_ms": METADATA_MS,
    }  # fmt: skip
    if settings.security.startswith("SASL"):
        if not settings.username or not settings.password:
            raise BadSettings(
                "CHALKSTREAM_KAFKA__USERNAME and CHALKSTREAM_KAFKA__PASSWORD are not set", "SASL needs both"
            )
        wanted |= {
            "sasl_mechanism": settings.mechanism, "sasl_plain_username": settings.username,
            "sasl_plain_password": settings.password.get_secret_value(),
        }  # fmt: skip
    if settings.security.endswith("SSL"):
        wanted["ssl_context"] = ssl.create_default_context(cafile=settings.ca_file)
    return wanted


async def partitions(settings: KafkaSettings, names: Iterable[str]) -> dict[str, int]:
    """How many partitions each topic has; topics that are not there are left out. Raises Unavailable."""
    async with admin(settings) as client:
        found = await client.describe_topics(list(names))
    return {topic["topic"]: len(topic["partitions"]) for topic in found if topic["error_code"] == NO_ERROR}


async def create_topics(settings: KafkaSettings, wanted: Iterable[Topic]) -> list[str]:
    """Make the topics that are missing. Refuses to re-partition what exists. Returns the new ones.

    Raises BadSettings for a topic with another number of partitions and for what the broker refuses, and Unavailable.
    """
    from aiokafka.admin import NewTopic

    topics = {topic.name: topic for topic in wanted}
    there = await partitions(settings, topics)
    _refuse_other_counts(there, topics)
    new = [topic for topic in topics.values() if topic.name not in there]
    if not new:
        return []
    copies = {"min.insync.replicas": str(in_sync(settings.replication))}
    asked = [
        NewTopic(topic.name, topic.partitions, settings.replication, topic_configs=topic.config() | copies)
        for topic in new
    ]
    async with admin(settings) as client:
        answer = await client.create_topics(asked)
    return created(answer.topic_errors)


def in_sync(replication: int) -> int:
    """How many copies acknowledge a record: of three one may be away and nothing stops; of two none could be."""
    return 2 if replication > 2 else 1


def created(told: Iterable[tuple[Any, ...]]) -> list[str]:
    """The topics that are new, of the broker's answer (topic, code, message). Raises what it refused."""
    new = []
    for name, code, *message in told:
        if code not in (NO_ERROR, ALREADY_THERE):
            raise _refused(name, code, " ".join(str(part) for part in message if part))
        new += [name] if code == NO_ERROR else []
    return new


def _refused(name: str, code: int, message: str) -> ChalkstreamError:
    from aiokafka.errors import for_code

    kind = for_code(code)
    what = f"the broker did not make topic {name} ({kind.__name__}){f': {message}' if message else ''}"
    if kind.retriable:
        return Unavailable(what, "try again")
    return BadSettings(what, "check CHALKSTREAM_KAFKA__REPLICATION, and what this user may do there")


def _refuse_other_counts(there: Mapping[str, int], topics: Mapping[str, Topic]) -> None:
    for name, count in there.items():
        if count != topics[name].partitions:
            raise BadSettings(
                f"topic {name} has {count} partitions and {topics[name].partitions} are wanted",
                "a topic in use is never re-partitioned: use its count, or another cluster",
            )


class admin:  # noqa: N801 - used as a function
    """An admin client for a while. Raises Unavailable."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Any:
        from aiokafka.admin import AIOKafkaAdminClient
        from aiokafka.errors import KafkaError

        self._client = AIOKafkaAdminClient(**connection(self._settings))
        try:
            await self._client.start()
        except (KafkaError, OSError) as error:
            await self._client.close()
            raise Unavailable(
                f"the broker at {self._settings.bootstrap} does not answer ({type(error).__name__})",
                "check CHALKSTREAM_KAFKA__BOOTSTRAP, or start one with 'chalkstream services up'",
            ) from error
        return self._client

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()
