"""Step-wise generation for many callers at once: each lane is a thread with a model instance and the batch it runs.

A batch tells every token as it comes; a line that is over leaves at once, and a batch that should take others in is
broken off: its lines go back to wait and are read anew with what they have said. ``company`` decides, this acts.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue

from processors.chatting.company import Seat, company, join
from processors.chatting.saying import Speech
from processors.chatting.values import Ask, Step, Told, bursts
from schemas.errors import Broken, Cancelled, ChalkstreamError

Hear = Callable[[int, int], bool]
"""``(line, token) -> whether the line is over``, told by a running batch."""


@dataclass
class Line:
    """One ask in work: ``prompt`` as tokens, what was said before at its end; ``room`` for new ones.

    ``system``: how many tokens of the prompt are the system's.
    """

    ask: Ask
    prompt: list[int]
    prompt_tokens: int
    room: int
    speech: Speech
    ends: frozenset[int]
    tell: Callable[[Step | ChalkstreamError], None]
    left: Callable[[], bool]
    system: int = 0
    made: list[int] = field(default_factory=list)
    since: float = 0.0
    begun: bool = False
    over: bool = False

    @property
    def seat(self) -> Seat:
        """As the choice of company sees it."""
        return Seat(
            self.ask.sampling, len(self.prompt) + len(self.made), self.room - len(self.made), self.ask.tenant,
            self.since, self.begun,
        )  # fmt: skip

    def hear(self, token: int) -> bool:
        """Take one token; True when the line is over."""
        if self.over:
            return True
        if self.left():
            self.end(Cancelled())
        elif token in self.ends:
            self._finish("stop")
        else:
            self._go_on(token)
        return self.over

    def end(self, error: ChalkstreamError) -> None:
        """Over, without an answer."""
        self.over = True
        self.tell(error)

    def _go_on(self, token: int) -> None:
        self.made.append(token)
        self.speech.add(token)
        text = self.speech.take() if self.ask.stream or self.ask.stop else ""
        self._text = self._text + text
        if self.speech.stopped:
            self._finish("stop")
        elif len(self.made) >= self.room:
            self._finish("length")
        elif self.ask.stream and self._text:
            self.tell(self._step(None))

    def _finish(self, why: str) -> None:
        self._text += self.speech.take(end=True)
        self.over = True
        self.tell(self._step("stop" if why == "stop" or self.speech.stopped else "length"))

    def _step(self, finish: "str | None") -> Step:
        text, self._text = self._text, ""
        return Step(text, self.ask.spent + len(self.made), self.prompt_tokens, finish)  # type: ignore[arg-type]

    _text: str = ""


class Lanes:
    """``run(lines, hear)`` generates for a batch until every line is over; ``count`` may run at the same time."""

    def __init__(
        self, run: Callable[[Sequence[Line], Hear], None], count: int, *, size: int, budget: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._run, self._count, self._size, self._budget, self.clock = run, count, size, budget, clock
        self._waiting: list[Line] = []
        self._changed = threading.Condition()
        self._idle, self._threads = 0, 0

    def converse(self, lines: Sequence[Line], told: "SimpleQueue[Told]", open_lines: int) -> Iterator[list[Told]]:
        """What is told, until ``open_lines`` have come to their end; a caller that leaves ends its lines."""
        self._take(lines)
        try:
            yield from bursts(told, open_lines)
        finally:
            for line in lines:
                line.left = lambda: True

    def _take(self, lines: Sequence[Line]) -> None:
        now = self.clock()
        with self._changed:
            for line in lines:
                line.since = now
            self._waiting += lines
            while self._threads < self._count and lines:
                self._threads += 1
                threading.Thread(target=self._lane, name=f"lane-{self._threads}", daemon=True).start()
            self._changed.notify_all()

    def _lane(self) -> None:
        while True:
            batch = self._next()
            try:
                self._run(batch, _Hearing(self, batch))
            except Exception as error:
                for line in batch:
                    if not line.over:
                        line.end(_ours(error))
            self._back([line for line in batch if not line.over])

    def _next(self) -> list[Line]:
        with self._changed:
            self._idle += 1
            while not (chosen := self._choose()):
                self._changed.wait()
            self._idle -= 1
            self._waiting = [line for line in self._waiting if all(line is not each for each in chosen)]
            return chosen

    def _choose(self) -> list[Line]:
        for line in [each for each in self._waiting if each.left()]:
            self._waiting.remove(line)
            line.end(Cancelled())
        seats = [line.seat for line in self._waiting]
        return [self._waiting[at] for at in company(seats, size=self._size, budget=self._budget, idle=self._idle)]

    def _back(self, lines: Sequence[Line]) -> None:
        """Broken off: they wait again, first among their like."""
        for line in lines:
            line.begun = True
        if lines:
            self._take(lines)

    def breaks(self, batch: Sequence[Line], read: float, said: float) -> bool:
        """Asked once a step."""
        if not self._waiting:
            return False
        with self._changed:
            waiting = [line.seat for line in self._waiting]
        alive = [line.seat for line in batch if not line.over]
        return self._idle == 0 and join(alive, waiting, size=self._size, now=self.clock(), read=read, said=said)


class _Hearing:
    """The ear of one running batch: lines of unlike length begin to speak one after the other."""

    def __init__(self, lanes: Lanes, batch: Sequence[Line]) -> None:
        self._lanes, self._batch, self._last, self._breaking = lanes, batch, -1, False
        self._silent, self._began, self._spoke = set(range(len(batch))), lanes.clock(), 0.0

    def __call__(self, at: int, token: int) -> bool:
        over = self._batch[at].hear(token)
        if self._silent:
            self._silent.discard(at)
            self._spoke = self._lanes.clock()
        elif at <= self._last and not self._breaking:
            read, said = self._spoke - self._began, self._lanes.clock() - self._spoke
            self._breaking = self._lanes.breaks(self._batch, read, said)
        self._last = at
        return over or self._breaking


def _ours(error: Exception) -> ChalkstreamError:
    if isinstance(error, ChalkstreamError):
        return error
    return Broken("internal", f"{type(error).__name__} in the chat engine", "please report it; --debug shows where")


def group_of(line: Line) -> Hashable:
    """Lines of the same group share a batch."""
    return line.ask.sampling
