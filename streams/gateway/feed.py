"""What the topics say now, by FastStream: results are followed without a group, so that every gateway hears all of it.

At most once is right here: history is read from the topics themselves (``follow``), and a gateway that is away catches
up there. What lectures need to be told durably is not sent here but by ``announce``. FastStream's own parser loses
records with binary headers; ours does not look at headers at all.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from infra.settings import KafkaSettings
from schemas.chat import ChatAnswered, ChatDelta
from schemas.errors import Unavailable
from schemas.events import Event, JobChanged, JobControl, SpeechTranscribed, SubtitlesReady
from schemas.images import ImagesMade
from streams.follow import understood
from streams.stepping import Past

RESULTS: Final = (JobChanged.topic, JobControl.topic, SpeechTranscribed.topic, SubtitlesReady.topic)
ANSWERS: Final = (ChatDelta.topic, ChatAnswered.topic, ImagesMade.topic)
SECONDS: Final = 10.0
log = logging.getLogger(__name__)
Told = Callable[[str, int, Event], None]
"""Topic, offset, fact."""


class Feed:
    """Started once the topics are there."""

    def __init__(self, settings: KafkaSettings, told: Told) -> None:
        self._told = told
        self.broker = KafkaBroker(
            settings.bootstrap, security=_security(settings), allow_auto_create_topics=False, acks="all",
            graceful_timeout=2.0, logger=None, max_request_size=2 << 20,
        )  # fmt: skip
        self._subscribers = [
            self.broker.subscriber(*topics, parser=_plain, decoder=_as_it_is, fetch_max_wait_ms=500)
            for topics in (RESULTS, ANSWERS)
        ]
        for subscriber in self._subscribers:
            subscriber(self._take)

    async def start(self) -> None:
        """Returns when every partition is followed from a place that is settled. Raises Unavailable."""
        try:
            await self.broker.start()
            for subscriber in self._subscribers:
                if (consumer := subscriber.consumer) is not None:
                    consumer.getone = Past(consumer).getone  # FastStream's loop never ends on what it can't read
                    await asyncio.gather(*(_settled(consumer, place) for place in consumer.assignment()))
        except (KafkaError, OSError) as error:
            await self.stop()
            raise Unavailable(f"the broker can't be followed ({type(error).__name__})") from error

    async def stop(self) -> None:
        """Let go; what is wrong with it then helps nobody."""
        try:
            await asyncio.wait_for(self.broker.stop(), SECONDS)
        except Exception as error:
            log.debug("the feed did not stop well: %s", type(error).__name__)

    async def send(self, topic: str, value: bytes, key: bytes, headers: Mapping[str, str]) -> None:
        """One record, at the broker on return. Raises Unavailable."""
        try:
            async with asyncio.timeout(SECONDS):
                await self.broker.publish(value, topic, key=key, headers=dict(headers))
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(f"the broker did not take a request ({type(error).__name__})") from error

    async def answers(self, seconds: float) -> bool:
        """Whether the broker answers."""
        return bool(await self.broker.ping(seconds))

    async def _take(self, message: KafkaMessage) -> None:
        record: Any = message.raw_message
        event = understood(record)
        if event is not None:
            self._told(record.topic, record.offset, event)


async def _settled(consumer: Any, place: TopicPartition) -> None:
    async with asyncio.timeout(SECONDS):
        await consumer.position(place)


async def _plain(record: Any, _original: Callable[[Any], Awaitable[KafkaMessage]]) -> KafkaMessage:
    return KafkaMessage(
        raw_message=record, body=record.value or b"", headers={}, message_id=f"{record.offset}", consumer=_nobody(),
        reply_to="", content_type=None, correlation_id=None, path={},
    )  # fmt: skip


async def _as_it_is(message: KafkaMessage, _original: Callable[[Any], Awaitable[Any]]) -> Any:
    return message.body


def _nobody() -> Any:
    from faststream.kafka.message import FAKE_CONSUMER

    return FAKE_CONSUMER


def _security(settings: KafkaSettings) -> BaseSecurity:
    context = ssl.create_default_context(cafile=settings.ca_file) if settings.security.endswith("SSL") else None
    if not settings.security.startswith("SASL"):
        return BaseSecurity(ssl_context=context, use_ssl=context is not None)
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    password = settings.password.get_secret_value() if settings.password else ""
    return kinds[settings.mechanism](
        settings.username or "", password, ssl_context=context, use_ssl=context is not None
    )  # fmt: skip
