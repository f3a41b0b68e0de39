"""A stage at work on one of its threads: iterate, hand answers over to the loop, hold where the stage is held.

Nothing here knows a broker. Answers are handed over as soon as they are a few milliseconds old; a stage that gives
results while it works hands over each at once and goes no further than ``AHEAD`` outputs before they are durable.
An item that was given up on comes here once more, to leave its mark and to say what downstream needs to hear.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from processors.bench import Bench
from processors.stage import Answer, Stage, fail_job
from schemas.errors import Broken, ChalkstreamError, Left, Unavailable
from schemas.events import Event
from streams import attempts
from streams.execute import Isolate, execute, unwanted
from streams.item import Item
from streams.work import watched

Tell = Callable[[Sequence[Item], list[Answer]], None]
AHEAD = 64
HAND_OVER_SECONDS = 0.005
HOLD_SECONDS = 0.2


@dataclass
class Performer:
    """``held`` may ask an event of the stage whether to wait after it; ``quit`` makes long work stop where it is."""

    stage: Stage
    bench: Bench
    isolate: Isolate
    held: Callable[[Stage, Event], bool]
    quit: bool = False
    holding: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def refuses(self, event: Event, inflight: int) -> ChalkstreamError | None:
        """Why an item that was just read is not to wait for its turn, if so."""
        return self.stage.refuse(event, inflight, self.bench) if self.stage.refuse else None

    def perform(self, items: Sequence[Item], tell: Tell) -> None:
        """Work on ``items``; every one of them gets its end told, whatever happens."""
        open_items, answers, since = set(range(len(items))), list[Answer](), time.monotonic()
        try:
            for position, answer in self._answers(items):
                answers.append((position, answer))
                open_items -= set() if isinstance(answer, Event) else {position}
                if self.stage.streams or time.monotonic() - since > HAND_OVER_SECONDS:
                    tell(items, answers)
                    answers, since = [], time.monotonic()
                if self.stage.streams and isinstance(answer, Event):
                    self._pace(items[position], answer, lambda: tell(items, []))
        except BaseException as error:
            answers += [(position, _in_a_runner(error)) for position in sorted(open_items)]
        tell(items, answers)

    def _answers(self, items: Sequence[Item]) -> Iterator[Answer]:
        given_up = [position for position, item in enumerate(items) if item.verdict is not None]
        for position in given_up:
            said = ((0, answer) for answer in self._stand_in(items[position]))
            yield from ((position, answer) for _, answer in watched([items[position].work], said, together=True))
        left = [position for position, item in enumerate(items) if item.verdict is None]
        if left:
            work = self._counted if self.stage.can_crash else self._plainly
            answers = work([items[position] for position in left])
            works = [items[position].work for position in left]
            told = watched(works, answers, together=self.stage.batch is not None)
            yield from ((left[at], answer) for at, answer in told)

    def _plainly(self, items: Sequence[Item]) -> Iterator[Answer]:
        yield from execute(self.stage, [item.event for item in items], self.bench)

    def _counted(self, items: Sequence[Item]) -> Iterator[Answer]:
        """With marks of begun attempts in the store, and suspects in a child (DESIGN §4.7)."""
        events = [item.event for item in items]
        attempt = attempts.begin(self.bench.store, self.stage.name, [event.id for event in events])
        for item, before in zip(items, attempt.before, strict=True):
            item.work.died(before)
        fine = [at for at in range(len(items)) if not attempt.suspect(at)]
        try:
            if fine:
                answers: Iterable[Answer] = execute(self.stage, [events[at] for at in fine], self.bench)
                yield from ((fine[at], answer) for at, answer in answers)
            suspects = [at for at in range(len(items)) if attempt.suspect(at)]
            if suspects:
                tried = [events[at] for at in suspects]
                answers = self.isolate(self.stage, tried, lambda: unwanted(self.stage, tried, self.bench))
                yield from ((suspects[at], answer) for at, answer in answers)
        finally:
            attempts.end(self.bench.store, attempt)

    def _stand_in(self, item: Item) -> Iterator[Event | ChalkstreamError | None]:
        if item.verdict is None:
            return
        try:
            yield from self.stage.given_up(item.event, item.verdict.told, self.bench)
        except Unavailable as away:
            yield away
            return
        except Exception:
            yield from fail_job(item.event, item.verdict.told, self.bench)
        yield None

    def _pace(self, item: Item, said: Event, nudge: Callable[[], None]) -> None:
        """Wait while too much is unsaid or the stage is held. Raises Left when the work is to be left."""
        while item.acks > AHEAD and not self._left(item):
            time.sleep(HAND_OVER_SECONDS)
        if self.held(self.stage, said):
            self._hold(item, said, nudge)
        if self._left(item):
            raise Left

    def _hold(self, item: Item, said: Event, nudge: Callable[[], None]) -> None:
        with self._counting:
            self.holding += 1
        nudge()
        while self.held(self.stage, said) and not self._left(item):
            time.sleep(HOLD_SECONDS)
        with self._counting:
            self.holding -= 1

    def _left(self, item: Item) -> bool:
        """A batch is not left for the sake of one that is another member's now: what both say is the same."""
        return self.quit or (item.lost and self.stage.batch is None)


def _in_a_runner(error: BaseException) -> ChalkstreamError:
    if isinstance(error, ChalkstreamError):
        return error
    return Broken("internal", f"{type(error).__name__} in a runner", "please report it")
