"""Requests that wait for an answer: what is said about each goes to who asked, and to nobody else.

Who leaves before the answer takes the request back.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from schemas.errors import ChalkstreamError, Unavailable
from schemas.events import JobControl
from schemas.exchanges import Exchange, Requested

PATIENCE: Final = 600.0
"""Seconds without a word after which there is no answer."""


@dataclass
class Inquiries:
    """``send``: gives a request, or the wish to take it back, to those who answer."""

    send: Callable[[Requested | JobControl], Awaitable[None]]
    _open: dict[tuple[str, str], asyncio.Queue[Exchange | ChalkstreamError]] = field(default_factory=dict)

    def hear(self, said: Exchange) -> None:
        """Something was said; of what nobody here asked nothing is kept."""
        queue = self._open.get((said.tenant, said.request))
        if queue is not None:
            queue.put_nowait(said)

    def fail(self, request: Requested, error: ChalkstreamError) -> None:
        """There will be no answer."""
        queue = self._open.get((request.tenant, request.request))
        if queue is not None:
            queue.put_nowait(error)

    async def ask(self, request: Requested, last: type[Exchange]) -> AsyncIterator[Exchange]:
        """What is said, each once, to the answer. Raises Unavailable, also for a silence that is too long."""
        name = (request.tenant, request.request)
        queue: asyncio.Queue[Exchange | ChalkstreamError] = asyncio.Queue()
        self._open[name] = queue
        answered, seen = False, set[str]()
        try:
            await self.send(request)
            while not answered:
                said = await _next(queue)
                if said.id not in seen:
                    seen.add(said.id)
                    answered = isinstance(said, last)
                    yield said
        finally:
            del self._open[name]
            if not answered:
                await asyncio.shield(self._take_back(request))

    async def _take_back(self, request: Requested) -> None:
        wish = JobControl(job=request.request, tenant=request.tenant, action="cancel")
        try:
            await self.send(wish)
        except Unavailable:
            return  # then it is answered for nobody


async def _next(queue: "asyncio.Queue[Exchange | ChalkstreamError]") -> Exchange:
    try:
        async with asyncio.timeout(PATIENCE):
            said = await queue.get()
    except TimeoutError:
        raise Unavailable("no worker answers", "start one: chalkstream worker", code="timeout") from None
    if isinstance(said, ChalkstreamError):
        raise said
    return said
