"""Running one item or one batch of a stage: the same for both runners. No broker, no journal, no retries here.

Whatever a stage does, the caller sees a flat series of answers: ``(position, event)`` to publish, then
``(position, None)`` finished or ``(position, error)`` failed, exactly one end per position. An exception of any
kind becomes an error of the tree; a batch that fails as a whole is tried once more item by item, so that one bad
item never fails its companions. A service that is away is away for all of them: no use in asking for each.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence

from processors.bench import Bench
from processors.stage import Answer, Stage
from schemas.errors import Broken, Cancelled, ChalkstreamError, Unavailable
from schemas.events import Event, JobControl

Unwanted = Callable[[], bool]
"""Whether nobody wants some work any more; asked now and then."""
Isolate = Callable[[Stage, Sequence[Event], Unwanted], Iterable[Answer]]
"""Runs suspects of a stage apart, as long as somebody wants them."""
log = logging.getLogger(__name__)


def execute(stage: Stage, events: Sequence[Event], bench: Bench) -> Iterator[Answer]:
    """The answers of ``stage`` to ``events`` (one event unless the stage takes batches)."""
    live = [position for position, event in enumerate(events) if not _left(stage, event, bench)]
    for position in sorted(set(range(len(events))) - set(live)):
        yield position, Cancelled()
    if stage.batch is None:
        for position in live:
            yield from _single(stage, position, events[position], bench)
    elif live:
        yield from _batch(stage, live, events, bench)


def unwanted(stage: Stage, events: Sequence[Event], bench: Bench) -> bool:
    """Whether all of these were cancelled."""
    return all(_left(stage, event, bench) for event in events)


def _left(stage: Stage, event: Event, bench: Bench) -> bool:
    """Work of a cancelled run is left; a stage that takes the cancelling itself, or answers for it, sees everything."""
    return JobControl not in stage.takes and not stage.answers and bench.cancelled(event.job, event.run)


def _single(stage: Stage, position: int, event: Event, bench: Bench) -> Iterator[Answer]:
    failure: ChalkstreamError | None = None
    try:
        for given in stage.run(event, bench):
            yield position, given
    except (GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in a Rust library is no Exception
        failure = as_ours(error)
    yield position, failure


def _batch(stage: Stage, live: list[int], events: Sequence[Event], bench: Bench) -> Iterator[Answer]:
    ended: set[int] = set()
    try:
        for at, answer in stage.run([events[position] for position in live], bench):
            ended |= {live[at]} if answer is None or isinstance(answer, ChalkstreamError) else set()
            yield live[at], answer
        failure: ChalkstreamError | None = None
    except (GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        failure = as_ours(error)
    left = [position for position in live if position not in ended]
    if failure is None:
        yield from ((position, None) for position in left)
    elif len(live) == 1 or isinstance(failure, Unavailable):
        yield from ((position, failure) for position in left)
    else:
        for position in left:
            yield from _batch(stage, [position], events, bench)


def as_ours(error: BaseException) -> ChalkstreamError:
    """``error`` if it is of the tree, else a bug: the type is told, the text may hold what must not be logged."""
    if isinstance(error, ChalkstreamError):
        return error
    log.debug("a stage failed", exc_info=error)
    ours = Broken("internal", f"{type(error).__name__} in this program", "please report it; --debug shows where")
    ours.__cause__ = error
    return ours
