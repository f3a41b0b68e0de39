"""What the gateway stands on: a cluster, or this machine. Routes know nothing else of either.

Methods are awaited on the gateway's loop, and none blocks it; what needs a thread says so.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from infra.pieces import Pieces
from processors.bench import Bench
from schemas.events import Event, StoredObject
from schemas.exchanges import Exchange, Requested
from schemas.jobs import JobStatus
from schemas.plan import Plan, Source
from streams.gateway.board import Board


class Entry(NamedTuple):
    """Something that was said about a job. Places grow along a lane; an entry is named by both, everywhere alike.

    An entry without a lane has no name: it is how things stand now.
    """

    lane: str
    place: int
    event: Event


Heard = Callable[[Sequence[Entry]], None]


class Backend(Protocol):
    """``bench``: the store, and an intake for plans. ``ended``: called with every job that comes to an end."""

    board: Board
    bench: Bench
    pieces: Pieces
    ended: Callable[[JobStatus], None]

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def wrong(self) -> dict[str, str]:
        """What is not well now, by service; empty when all is."""
        ...

    def key(self, tenant: str, name: str) -> str:
        """Where an upload of that file name goes; another place each time."""
        ...

    async def begin(self, stored: StoredObject, job: str, tenant: str) -> None:
        """An upload stands: it becomes its job, however often this is called. Raises Unavailable."""
        ...

    async def say(self, events: Sequence[Event], plan: Plan | None = None) -> None:
        """Facts: a run that begins, a wish to stop. Durable on return. Raises Unavailable."""
        ...

    async def past(self, status: JobStatus) -> list[Entry]:
        """What has been said about the run, as far as it is kept."""
        ...

    def listen(self, job: str, heard: Heard) -> AbstractContextManager[None]:
        """What is said about the job from now on; called on the loop."""
        ...

    def ask(self, request: Requested, last: type[Exchange]) -> AsyncIterator[Exchange]:
        """What is said about a request, to its answer; left early, the request is cancelled."""
        ...

    async def erase(self, status: JobStatus, source: Source | None) -> None:
        """The upload itself goes, if it is ours to remove, and every trace on topics or in the journal."""
        ...
