"""Lanes: many callers, one model; lines come and go, batches are broken off and go on, nobody is forgotten."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Any

from processors.chatting.saying import Speech
from processors.chatting.values import Ask, Sampling, Step, Told
from processors.engines.lanes import Hear, Lanes, Line
from schemas.errors import Broken, Cancelled

END = 0


class Model:
    """Says 1, 2, 3 … to each line until it is over; ``step`` runs before each step, ``batches`` are their sizes."""

    def __init__(self, step: Callable[[], None] = lambda: None) -> None:
        self.step, self.batches = step, list[int]()

    def __call__(self, lines: Sequence[Line], hear: Hear) -> None:
        self.batches.append(len(lines))
        alive = list(range(len(lines)))
        while alive:
            self.step()
            alive = [at for at in alive if not hear(at, len(lines[at].made) + 1)]


def line(
    told: "SimpleQueue[Told]", at: int, room: int = 5, left: Callable[[], bool] = lambda: False, **ask: Any
) -> Line:
    return Line(
        Ask((("user", "x"),), room, **ask), [9], 1, room, Speech(lambda tokens: "".join(map(str, tokens)), []),
        frozenset({END}), lambda what: told.put((at, what)), left,
    )  # fmt: skip


def lanes(model: Any, count: int = 1, size: int = 8) -> Lanes:
    return Lanes(model, count, size=size, budget=10_000)


def flat(bursts: Iterator[list[Told]]) -> list[Told]:
    return [each for burst in bursts for each in burst]


def ends(told: list[Told]) -> dict[int, str]:
    return {at: what.text for at, what in told if isinstance(what, Step) and what.finish}


def test_each_ends_when_it_is_over_and_not_when_the_slowest_is() -> None:
    told: SimpleQueue[Told] = SimpleQueue()
    lines = [line(told, 0, room=50), line(told, 1, room=2)]
    found = flat(lanes(Model()).converse(lines, told, 2))
    assert [at for at, _ in found] == [1, 0]
    assert ends(found)[1] == "12" and all(what.finish == "length" for _, what in found if isinstance(what, Step))


def test_who_comes_later_joins_the_batch_that_runs_and_nothing_is_said_twice() -> None:
    began, go_on, steps = threading.Event(), threading.Event(), list[int]()

    def step() -> None:
        """The second waits: all that was to be read has been read."""
        steps.append(1)
        if len(steps) > 1:
            began.set()
            go_on.wait(5)

    model = Model(step)
    shared = lanes(model, size=16)
    first, second = SimpleQueue[Told](), SimpleQueue[Told]()
    found: list[Told] = []
    thread = threading.Thread(target=lambda: found.extend(flat(shared.converse([line(first, 0, room=9)], first, 1))))
    thread.start()
    assert began.wait(5)
    later = shared.converse([line(second, at, room=3) for at in range(12)], second, 12)
    threading.Timer(0.05, go_on.set).start()
    assert ends(flat(later)) == dict.fromkeys(range(12), "123")
    thread.join(5)
    assert ends(found) == {0: "123456789"} and max(model.batches) == 13


def test_a_left_line_ends_and_a_caller_that_goes_ends_its_lines() -> None:
    told: SimpleQueue[Told] = SimpleQueue()
    left = line(told, 0, room=10**9, left=lambda: True)
    ((_, what),) = flat(lanes(Model()).converse([left], told, 1))
    assert isinstance(what, Cancelled)
    endless = line(told, 0, room=10**9, stream=True)
    talk = lanes(Model()).converse([endless], told, 1)
    next(talk)
    talk.close()  # type: ignore[attr-defined]
    until = time.monotonic() + 5
    while not endless.over and time.monotonic() < until:
        time.sleep(0.001)
    assert endless.over


def test_a_model_that_breaks_is_an_error_of_each_line_and_the_lane_lives() -> None:
    told: SimpleQueue[Told] = SimpleQueue()
    broken = [True]

    def step() -> None:
        if broken.pop() if broken else False:
            raise RuntimeError("x")

    shared = lanes(Model(step))
    found = flat(shared.converse([line(told, 0), line(told, 1)], told, 2))
    assert all(isinstance(what, Broken) and what.code == "internal" for _, what in found)
    assert ends(flat(shared.converse([line(told, 0)], told, 1))) == {0: "12345"}


def test_unlike_sampling_never_shares_a_batch() -> None:
    told, model = SimpleQueue[Told](), Model()
    lines = [line(told, at, sampling=Sampling(at % 2 * 0.5)) for at in range(6)]
    assert len(ends(flat(lanes(model).converse(lines, told, 6)))) == 6
    assert max(model.batches) == 3


def test_an_end_mark_is_no_text_and_counts_as_no_token() -> None:
    told: SimpleQueue[Told] = SimpleQueue()

    def run(lines: Sequence[Line], hear: Hear) -> None:
        assert not hear(0, 7) and hear(0, END)

    ((_, step),) = flat(lanes(run).converse([line(told, 0)], told, 1))
    assert isinstance(step, Step) and (step.text, step.tokens, step.finish) == ("7", 1, "stop")


def test_who_comes_never_keeps_who_is_there_from_getting_on() -> None:
    """Lines of unlike length are read on token by token: broken off at each arrival, none would ever say a new one."""
    ended, steps, now, told = dict[int, int](), [0], [0.0], SimpleQueue[Told]()

    def step() -> None:
        steps[0] += 1
        now[0] += 0.1
        if steps[0] % 12 == 0 and steps[0] <= 600:
            shared._take([line(told, steps[0], room=32)])

    def run(lines: Sequence[Line], hear: Hear) -> None:
        lengths = [len(each.prompt) + len(each.made) for each in lines]
        unread, alive = [length - min(lengths) for length in lengths], list(range(len(lines)))
        while alive:
            step()
            for at in list(alive):
                if unread[at]:
                    unread[at] -= 1
                elif hear(at, 1):
                    alive.remove(at)
                    if lines[at].over:
                        ended[id(lines[at])] = steps[0]

    shared = Lanes(run, 1, size=64, budget=10_000, clock=lambda: now[0])
    first = line(told, 0, room=32)
    flat(shared.converse([first], told, 51))
    assert ended[id(first)] <= 100, "it says 32 tokens"
