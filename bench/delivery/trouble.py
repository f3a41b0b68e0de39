"""Clients of broker and store that misbehave on purpose, in front of the real ones.

``Stutter`` says every record one to five times, each at a place of its own within the next hundred. ``Flaky`` sends
and ``FlakySession`` requests fail one time in ten, and one time in ten are done and reported as failed.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import KafkaTimeoutError
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError

WITHIN, MOST, SHARE = 100, 5, 0.1
IDLE_SECONDS = 0.005
SAID_IN_ORDER = frozenset({"media.jobs"})
"""No stage takes it; its one writer's producer numbers what it says, and its last word per key is what readers get."""


@dataclass
class Stutter:
    """Fits ``streams.outbox.Producer``. An acknowledgement is that of the first copy that goes."""

    real: Any
    order: random.Random = field(default_factory=lambda: random.Random(6))
    said: int = 0
    sent: int = 0
    _waiting: list[tuple[float, dict[str, Any], "asyncio.Future[Any]"]] = field(default_factory=list)
    _going: "asyncio.Task[None] | None" = None

    async def start(self) -> None:
        """Connect."""
        await self.real.start()
        self._going = asyncio.create_task(self._go())

    async def stop(self) -> None:
        """Send what waits, then flush."""
        if self._going:
            self._going.cancel()
        while self._waiting:
            await self._next()
        await self.real.stop()

    async def send(self, topic: str, **record: Any) -> "asyncio.Future[Any]":
        """Copies take their places; nothing has gone yet."""
        if topic in SAID_IN_ORDER:
            sent: asyncio.Future[Any] = await self.real.send(topic, **record)
            return sent
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.said += 1
        for _ in range(self.order.randint(1, MOST)):
            self._waiting.append((self.said + self.order.uniform(0, WITHIN), {"topic": topic, **record}, done))
        self._waiting.sort(key=lambda each: each[0])
        while self._waiting and self._waiting[0][0] < self.said:
            await self._next()
        return done

    async def _go(self) -> None:
        """A quiet system moves on too, one copy after another."""
        while True:
            await asyncio.sleep(IDLE_SECONDS)
            if self._waiting:
                await self._next()

    async def _next(self) -> None:
        _, record, done = self._waiting.pop(0)
        self.sent += 1
        gone = await self.real.send(**record)
        gone.add_done_callback(lambda sent: _pass_on(sent, done))


def _pass_on(sent: "asyncio.Future[Any]", done: "asyncio.Future[Any]") -> None:
    if done.done() or sent.cancelled():
        return
    if error := sent.exception():
        done.set_exception(error)
    else:
        done.set_result(sent.result())


@dataclass
class Flaky:
    """Fits ``streams.outbox.Producer``."""

    real: Any
    order: random.Random = field(default_factory=lambda: random.Random(8))

    async def start(self) -> None:
        """Connect."""
        await self.real.start()

    async def stop(self) -> None:
        """Flush."""
        await self.real.stop()

    async def send(self, topic: str, **record: Any) -> "asyncio.Future[Any]":
        """Refuse, or send and say that it failed, or send."""
        luck = self.order.random()
        if luck < SHARE:
            raise KafkaTimeoutError
        sent: asyncio.Future[Any] = await self.real.send(topic, **record)
        if luck >= 2 * SHARE:
            return sent
        await sent
        failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        failed.set_exception(KafkaTimeoutError())
        return failed


@dataclass
class FlakySession:
    """Stands before the HTTP session of a botocore client: what a client sees of a store, or a wire, that fails."""

    real: Any
    note: Callable[[str], None]
    order: random.Random = field(default_factory=lambda: random.Random(7))

    def send(self, request: Any) -> Any:
        """One request."""
        luck = self.order.random()
        if luck < SHARE:
            self.note("refused")
            raise EndpointConnectionError(endpoint_url="a store")
        answer = self.real.send(request)
        if luck < 2 * SHARE:
            self.note("lied")
            raise ConnectionClosedError(endpoint_url="a store")
        return answer

    def close(self) -> None:
        """Of the real one."""
        self.real.close()
