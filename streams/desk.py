"""What one stage has in hand: waiting, on its threads, said but not acknowledged, parked, given up. No broker here.

Laws: an item is finished when it has ended and every output is acknowledged, never before; a record that says what
an item in hand already says is its twin and ends with it; what fails is tried again by the rules of ``retry``; what
is given up on leaves a dead letter (unless the input was bad) and a word for those who wait for it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from processors.stage import Answer, Stage
from schemas.errors import BadInput, Cancelled, ChalkstreamError, ErrorInfo, Left, Unavailable
from schemas.events import Event
from streams.deadletters import Origin
from streams.hand import Hand, waiting_for
from streams.item import Item, Place, Unread
from streams.performing import Performer
from streams.precedence import Firsts
from streams.retry import Decision, Pause, decide
from streams.work import UNWATCHED, Carry, Saying, Watch

Acknowledged = Callable[[ChalkstreamError | None], None]
log = logging.getLogger(__name__)
TURN_SECONDS = 0.005
"""A thread is given as many quick items at once as it gets through in this time."""
MOST_HELD = 16
"""Held items keep their threads, and others take their turns, up to this many."""
NOTHING = Unread(job="")


class Says(Protocol):
    """The outbox, as a desk needs it."""

    def publish(self, event: Event, acknowledged: Acknowledged, carry: Carry) -> None: ...
    def bury(
        self, origin: Origin, stage: str, attempt: int, error: ErrorInfo, acknowledged: Acknowledged
    ) -> None: ...  # fmt: skip


class Loop(Protocol):
    """An asyncio loop, as a desk needs it."""

    def time(self) -> float: ...
    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Any: ...
    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any) -> Any: ...


class Desk:
    """All but ``Performer.perform`` runs on the loop's thread. ``finished`` is told each record that needs no more."""

    def __init__(
        self, stage: Stage, performer: Performer, outbox: Says, *, loop: Loop, submit: Callable[..., None],
        slots: int, finished: Callable[[Place], None], express: frozenset[str] = frozenset(), watch: Watch = UNWATCHED,
        firsts: Firsts | None = None,
    ) -> None:  # fmt: skip
        self.stage, self.open, self.express = stage, True, express
        self._performer, self._outbox, self._loop, self._submit = performer, outbox, loop, submit
        self._slots, self._finished, self._watch = slots, finished, watch
        self.firsts = firsts or Firsts()
        self._waiting, self._hand = waiting_for(stage), Hand(express, self.firsts)
        self._busy, self._pause, self._pace = 0, Pause(), 1.0
        self._wake: Any = None

    def __len__(self) -> int:
        return len(self._hand)

    def count(self, *, express: bool) -> int:
        """Items in hand that came by the express topic, or not."""
        return self._hand.count(express=express)

    @property
    def in_flight(self) -> list[Item]:
        """What is in hand."""
        return list(self._hand)

    # -- taking ------------------------------------------------------------------------------------------------------

    def take(self, origin: Origin, event: Event) -> None:
        """A record was read; one that is in hand already is left alone. ``dispatch`` starts the work."""
        item = Item(origin, event, work=self._watch.item(self.stage.name, event, origin.received))
        if item in self._hand:
            return
        if (twin := self._hand.twin(item)) is not None:
            if item.place not in twin.twins:
                twin.twins.append(item.place)
            return
        refused = self._performer.refuses(event, self._hand.of_tenant(event.tenant))
        self._hand.hold(item)
        if refused is None:
            self._waiting.add(item, self._loop.time())
        else:
            self._refuse(item, refused)

    def _refuse(self, item: Item, error: ChalkstreamError) -> None:
        """Answered now, whatever else waits."""
        item.verdict, item.refused = error, True
        self._busy += 1
        self._submit(self._perform, [item])

    def say(self, event: Event) -> None:
        """A word of this process that belongs to no item."""
        self._outbox.publish(event, lambda _: None, dict)

    def bury(self, origin: Origin, error: BadInput) -> None:
        """A record that can't be read goes to the dead letters, and is finished when it is there."""
        work = self._watch.item(self.stage.name, NOTHING, origin.received)
        item = Item(origin, NOTHING, verdict=error, ended=True, work=work)
        if item not in self._hand:
            self._hand.hold(item, named=False)
            self._send_letter(item, error)

    def dispatch(self) -> None:
        """Give work to free threads."""
        now = self._loop.time()
        while self.open and self._free() and now >= self._pause.until and (items := self._next(now)):
            self._busy += 1
            self._submit(self._perform, items)
        self._wake_at(self._waiting.due(), now)

    def _free(self) -> bool:
        holding = self._performer.holding
        return self._busy - min(holding, MOST_HELD) < self._slots

    def _next(self, now: float) -> list[Item]:
        plain = not (self.stage.batch or self.stage.streams or self.stage.can_crash)
        return self._waiting.take(now, max(1, int(TURN_SECONDS / self._pace)) if plain else 1)

    def _wake_at(self, due: float | None, now: float) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        if due is not None and self.open and self._free():
            self._wake = self._loop.call_later(max(due, self._pause.until, now + 0.001) - now, self.dispatch)

    # -- working -----------------------------------------------------------------------------------------------------

    def _perform(self, items: Sequence[Item]) -> None:
        """On a worker thread."""
        began = time.perf_counter()
        self._performer.perform(items, lambda who, what: self._tell(self._arrived, who, what))
        self._tell(self._worked, (time.perf_counter() - began) / len(items))

    def _tell(self, callback: Callable[..., None], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            log.debug("work of %s ended after its loop", self.stage.name)

    def _worked(self, seconds: float) -> None:
        self._busy -= 1
        self._pace = max(1e-5, 0.8 * min(self._pace, 4 * seconds) + 0.2 * seconds)
        self.dispatch()

    def _arrived(self, items: Sequence[Item], answers: list[Answer]) -> None:
        """Answers of one hand-over; an empty one says that the stage is held and others may have their turn."""
        if not answers:
            self.dispatch()
        for position, answer in answers:
            item = items[position]
            if item.ended:
                continue
            if isinstance(answer, Event):
                item.acks += 1
                said = item.work.says(answer)
                self._outbox.publish(answer, partial(self._said, item, said), said.headers)
            else:
                item.ended, item.failure = True, answer or item.failure
                self._settle(item)

    def _said(self, item: Item, said: Saying, error: ChalkstreamError | None) -> None:
        said.acknowledged(error)
        self._acknowledged(item, error)

    def _acknowledged(self, item: Item, error: ChalkstreamError | None) -> None:
        item.acks -= 1
        item.failure = error or item.failure
        self._settle(item)

    # -- ending ------------------------------------------------------------------------------------------------------

    def _settle(self, item: Item) -> None:
        if not item.ended or item.acks:
            return
        error, item.failure = item.failure, None
        if error is None:
            self._pause.well()
            self._finish(item)
        elif item.lost or (isinstance(error, Cancelled) and self._performer.quit):
            self._forget(item)
        elif isinstance(error, Left):  # its partition has come back meanwhile
            item.ended = False
            self._park(item, self._loop.time())
        elif isinstance(error, Cancelled):
            self._finish(item, error)
        else:
            self._failed(item, error)

    def _failed(self, item: Item, error: ChalkstreamError) -> None:
        now = self._loop.time()
        item.waiting_since = now if item.waiting_since is None else item.waiting_since
        item.attempts += 0 if isinstance(error, Unavailable) else 1
        decision = decide(error, attempts=item.attempts, waits=item.waits, age=now - item.waiting_since)
        if item.verdict is not None and not isinstance(error, Unavailable):
            said = "%s: what stands in for %s can't be said: %s"
            log.error(said, self.stage.name, item.place, error.code, extra=item.work.log)
            self._finish(item)
        elif decision.action == "again":
            self._again(item, error, decision)
        elif item.verdict is None:
            self._give_up(item, error)
        else:
            self._finish(item)

    def _again(self, item: Item, error: ChalkstreamError, decision: Decision) -> None:
        now = self._loop.time()
        until = now + decision.delay
        if isinstance(error, Unavailable):
            item.waits += 1
            self._pause.away(now)
            log.warning("%s waits %.0f s: %s", self.stage.name, decision.delay, error.code, extra=item.work.log)
        if isinstance(item.event, Unread):
            self._loop.call_later(decision.delay, self._send_letter, item, item.verdict)
            return
        item.ended = False
        item.work.again(error, decision.delay)
        if item.verdict is not None and not item.buried:
            self._bury_if_loud(item, item.verdict)
        self._park(item, until)

    def _park(self, item: Item, until: float) -> None:
        self._waiting.park(item, until)
        self.dispatch()

    def _give_up(self, item: Item, error: ChalkstreamError) -> None:
        """Say downstream what it needs to hear; a bug also leaves a dead letter."""
        said = "%s gave up on %s after %d attempts: %s"
        log.error(said, self.stage.name, item.place, item.attempts, error.code, extra=item.work.log)
        item.work.gave_up(error)
        item.verdict, item.ended = error, False
        self._bury_if_loud(item, error)
        self._park(item, self._loop.time())

    def _bury_if_loud(self, item: Item, error: ChalkstreamError) -> None:
        if not isinstance(error, BadInput) and not item.refused:
            self._send_letter(item, error)

    def _send_letter(self, item: Item, error: ChalkstreamError) -> None:
        item.acks += 1
        self._outbox.bury(item.origin, self.stage.name, max(1, item.attempts), error.told, partial(self._buried, item))

    def _buried(self, item: Item, failed: ChalkstreamError | None) -> None:
        item.buried = failed is None
        if item.buried and item.verdict is not None:
            item.work.buried(item.verdict)
        self._acknowledged(item, failed)

    def _finish(self, item: Item, error: ChalkstreamError | None = None) -> None:
        item.work.over(error)
        for place in item.places:
            self._finished(place)
        self._forget(item)

    def _forget(self, item: Item) -> None:
        """No more of it here; whether it is finished is another matter."""
        if not self._hand.release(item):
            return
        self._waiting.release(item, self._loop.time())
        if self.open:
            self.dispatch()

    # -- leaving -----------------------------------------------------------------------------------------------------

    def drop(self, gone: Callable[[Item], bool]) -> None:
        """Forget what has not been begun of the partitions that are ``gone``."""
        for item in self._waiting.drop(gone, self._loop.time()):
            self._hand.release(item)

    def keep(self, mine: Callable[[Item], bool]) -> None:
        """After a change of partitions: what is in hand and no longer ours is not begun again, nor carried on."""
        for item in self._hand:
            item.lost = not mine(item)
            item.twins.clear()

    async def drain(self, seconds: float) -> None:
        """Begin nothing, and wait until what was begun is durable, or ``seconds`` have gone by."""
        self.open = False
        until = self._loop.time() + seconds
        while self._unsettled() and self._loop.time() < until:  # noqa: ASYNC110 - ends on many small events
            await asyncio.sleep(0.01)

    def leave(self) -> None:
        """Stop long work where it is; it is done again by whoever reads it next."""
        self.open, self._performer.quit = False, True
        if self._wake is not None:
            self._wake.cancel()

    @property
    def busy(self) -> int:
        """Threads at work."""
        return self._busy

    def _unsettled(self) -> bool:
        return self._busy > self._performer.holding or any(item.acks for item in self._hand)
