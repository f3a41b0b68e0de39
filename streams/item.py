"""A record as work: where it stood, what it says, and how far it has come."""

from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.errors import ChalkstreamError
from schemas.events import Event
from streams.deadletters import Origin
from streams.work import Work


class Place(NamedTuple):
    """Where a record stands in the log."""

    topic: str
    partition: int
    offset: int


@dataclass(eq=False)
class Item:
    """``acks``: outputs not yet acknowledged. ``ended``: the stage has said all.

    ``twins``: places of further records with the same id that came while this one was in hand. ``verdict``: why it
    was given up on; what is left to do then is to say so. ``refused``: so before anything was tried. ``lost``: its
    partition is another member's now.
    """

    origin: Origin
    event: Event
    work: Work
    attempts: int = 0
    waits: int = 0
    waiting_since: float | None = None
    acks: int = 0
    ended: bool = False
    failure: ChalkstreamError | None = None
    verdict: ChalkstreamError | None = None
    refused: bool = False
    buried: bool = False
    lost: bool = False
    twins: list[Place] = field(default_factory=list)
    place: Place = field(init=False)
    """Where the first of its records stands."""
    name: str = field(init=False)
    """The event's id."""

    def __post_init__(self) -> None:
        self.place = Place(self.origin.topic, self.origin.partition, self.origin.offset)
        self.name = self.event.id

    @property
    def places(self) -> list[Place]:
        """Where all of its records stand."""
        return [self.place, *self.twins]


class Unread(Event):
    """Stands for the event of a record that could not be parsed."""

    topic, fact = "", ""
