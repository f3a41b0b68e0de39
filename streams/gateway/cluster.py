"""The gateway before Kafka and the store. Implements ``Backend``.

The broker may come later, go away and come back: what needs it is refused meanwhile, and the feed is made anew. The
table of jobs is read from the topic to its end before anybody is answered, behind a feed that has begun to listen.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiokafka.errors import KafkaError

from infra.buckets import UPLOADS
from infra.pieces import Pieces, S3Pieces
from infra.settings import Settings
from processors.bench import Bench
from schemas.errors import ChalkstreamError, Unavailable
from schemas.events import Event, JobChanged, JobControl, SpeechTranscribed, StoredObject, SubtitlesReady
from schemas.exchanges import Exchange, Requested
from schemas.ids import spread, version_id
from schemas.jobs import JobStatus
from schemas.plan import Plan, Source
from schemas.topics import TOPICS
from streams import follow
from streams.announce import Announcer, announcing
from streams.commands.submit import safe_name
from streams.deadletters import Origin
from streams.gateway.asking import Inquiries
from streams.gateway.backend import Entry, Heard
from streams.gateway.board import Board
from streams.gateway.feed import Feed
from streams.gateway.listening import Listeners
from streams.reconciling import notification

LANES: Final = {JobChanged.topic: "j", SpeechTranscribed.topic: "t", SubtitlesReady.topic: "s"}
PAST: Final = (SpeechTranscribed.topic, SubtitlesReady.topic)
MARGIN: Final = timedelta(minutes=2)
"""Clocks of broker and worker may differ."""
LOOK_SECONDS, SAY_SECONDS = 3.0, 10.0
log = logging.getLogger(__name__)


class Cluster:
    """``client``: a boto3 client of the store."""

    def __init__(self, settings: Settings, bench: Bench, client: Any) -> None:
        self.board, self.bench = Board(), bench
        self.pieces: Pieces = S3Pieces(client, UPLOADS)
        self.ended: Callable[[JobStatus], None] = lambda _: None
        self._settings, self._client = settings, client
        self._wrong = {"broker": "is being asked"}
        self._feed = Feed(settings.kafka, self._told)
        self._inquiries = Inquiries(self._send)
        self._announcer: Announcer | None = None
        self._listeners = Listeners()
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; returns when it did, or soon in any case."""
        self._keeping = asyncio.create_task(self._keep())
        looks = 0
        while self._wrong and looks < 50:
            await asyncio.sleep(0.1)
            looks += 1

    async def stop(self) -> None:
        """Let go."""
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping

    def wrong(self) -> dict[str, str]:
        """What is away."""
        return dict(self._wrong)

    def key(self, tenant: str, name: str) -> str:
        """``<tenant>/<random>/<name made plain>``."""
        first = [] if tenant == "default" else [tenant]
        return "/".join([*first, uuid.uuid4().hex, safe_name(name)])

    async def begin(self, stored: StoredObject, job: str, tenant: str) -> None:
        """Told the way the store tells it, so that nothing hangs on the store's own word; and the other way round."""
        with suppress(Unavailable):
            await self._announce(lambda say: say.repeat(notification(stored)))

    async def say(self, events: Sequence[Event], plan: Plan | None = None) -> None:
        """By an idempotent producer."""
        await self._announce(lambda say: say.say(events, plan))

    async def past(self, status: JobStatus) -> list[Entry]:
        """From the one partition of each topic where the job travels."""
        began = datetime.fromisoformat(status.created) if status.created else datetime.now(UTC)
        since = int((began - MARGIN).timestamp() * 1000)
        found: list[Entry] = []
        async with follow.following(self._settings.kafka, PAST, job=status.job, since=since) as follower:
            async for record in follower.records(to_the_end=True):
                event = follow.understood(record)
                if event is not None and event.job == status.job and event.run == status.run:
                    found.append(Entry(LANES[record.topic], record.offset, event))
        return found

    def listen(self, job: str, heard: Heard) -> AbstractContextManager[None]:
        """By the feed."""
        return self._listeners.listen(job, heard)

    def ask(self, request: Requested, last: type[Exchange]) -> AsyncIterator[Exchange]:
        """A record, and its answers from the feed."""
        return self._inquiries.ask(request, last)

    async def erase(self, status: JobStatus, source: Source | None) -> None:
        """The object with all its versions, and tombstones."""
        if source is not None and source.bucket == UPLOADS:
            await asyncio.to_thread(self._remove, source.key)
        job = status.job
        keys = [(JobChanged.topic, job), *((SubtitlesReady.topic, f"{job}/{tag}") for tag in status.languages)]
        for topic, key in keys:
            origin = Origin(topic, spread(job, 0, TOPICS[topic].partitions), -1, -1, key.encode(), None)
            await self._announce(lambda say, origin=origin: say.repeat(origin))  # type: ignore[misc]

    def _remove(self, key: str) -> None:
        from infra.s3 import asked

        listed = asked(lambda: self._client.list_object_versions(Bucket=UPLOADS, Prefix=key), key)
        for each in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
            if each["Key"] == key:
                version = version_id(each.get("VersionId"))
                which = {"VersionId": version} if version else {}
                asked(lambda which=which: self._client.delete_object(Bucket=UPLOADS, Key=key, **which), key)  # type: ignore[misc]

    # -- the broker --------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Connected, or trying to be."""
        while True:
            try:
                async with AsyncExitStack() as stack:
                    self._announcer = await stack.enter_async_context(announcing(self._settings.kafka))
                    self._feed = Feed(self._settings.kafka, self._told)
                    stack.push_async_callback(self._feed.stop)
                    await self._feed.start()
                    await self._load()
                    self._wrong = {}
                    await self._watch()
            except (ChalkstreamError, KafkaError, OSError) as error:
                self._announcer = None
                self._wrong["broker"] = getattr(error, "message", type(error).__name__)
                log.warning("the broker is away: %s", type(error).__name__)
            await asyncio.sleep(1.0)

    async def _load(self) -> None:
        topics = (JobControl.topic, JobChanged.topic)
        async with follow.following(self._settings.kafka, topics) as follower:
            async for event in follower.events(to_the_end=True):
                self._note(event)

    async def _watch(self) -> None:
        """Look whether both are there; clients mend themselves, so nothing is made anew for a while of silence."""
        while True:
            store, broker = await asyncio.gather(self._store_is_well(), self._feed.answers(LOOK_SECONDS))
            if not broker and "broker" not in self._wrong:
                log.warning("the broker does not answer")
            wrong = {} if broker else {"broker": "does not answer"}
            self._wrong = wrong | ({} if store else {"store": "does not answer"})
            await asyncio.sleep(LOOK_SECONDS if not self._wrong else 0.5)

    async def _store_is_well(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await asyncio.to_thread(self._client.head_bucket, Bucket=UPLOADS)
        except Exception:
            return False
        return True

    async def _announce(self, what: Callable[[Announcer], Any]) -> None:
        if self._announcer is None:
            raise Unavailable("the broker is away", "try again in a moment")
        try:
            async with asyncio.timeout(SAY_SECONDS):
                await what(self._announcer)
        except TimeoutError:
            raise Unavailable("the broker does not answer", "try again in a moment") from None

    async def _send(self, request: Requested | JobControl) -> None:
        if isinstance(request, JobControl):
            await self.say([request])
            return
        headers = {"ce_id": request.request, "tenant": request.tenant, "content-type": "application/json"}
        await self._feed.send(request.topic, request.body.encode(), request.request.encode(), headers)

    # -- what is heard -----------------------------------------------------------------------------------------------

    def _told(self, topic: str, offset: int, event: Event) -> None:
        if isinstance(event, Exchange):
            self._inquiries.hear(event)
            return
        self._note(event)
        if topic in LANES:
            self._listeners.tell(event.job, [Entry(LANES[topic], offset, event)])

    def _note(self, event: Event) -> None:
        if isinstance(event, JobControl) and event.action == "delete":
            self.board.forget(event.job)
        elif isinstance(event, JobChanged) and self.board.take(event.status) and event.ended:
            self.ended(event.status)
