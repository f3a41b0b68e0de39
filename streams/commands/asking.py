"""Sending one request and following its answer over Kafka, or having it answered here without a broker."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from infra.settings import Settings
from processors.bench import Bench
from processors.stage import Stage
from schemas.errors import BadSettings, ChalkstreamError, Unavailable
from schemas.events import Event
from schemas.exchanges import Exchange, Requested
from streams import announce, bootstrap, follow
from streams.deadletters import Origin
from streams.execute import execute

PATIENCE = 600.0
"""Seconds without a word after which a person is told that no worker answers."""


def answers(
    stage: Stage, kind: type[Requested], body: dict[str, Any], settings: Settings, *, local: bool
) -> Iterator[Exchange]:
    """What is said about one request, each once, to its answer. Raises what ended it."""
    request = kind(request=uuid.uuid4().hex, body=json.dumps(body))
    if local:
        yield from _here(stage, request, bootstrap.local_bench(settings))
    else:
        yield from drained(_there(stage, request, settings), PATIENCE)


def _here(stage: Stage, request: Requested, bench: Bench) -> Iterator[Exchange]:
    for _, answer in execute(stage, [request], bench):
        if isinstance(answer, Exchange):
            yield answer
        elif isinstance(answer, ChalkstreamError):
            raise answer


async def _there(stage: Stage, request: Requested, settings: Settings) -> AsyncIterator[Exchange]:
    last, topics = stage.gives[-1], tuple(dict.fromkeys(kind.topic for kind in stage.gives))
    async with follow.following(settings.kafka, topics, since=None) as told, announce.announcing(settings.kafka) as say:
        await say.repeat(_record(request))
        seen = set[str]()
        async with aclosing(told.events()) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, Exchange) and event.request == request.request and event.id not in seen:
                    seen.add(event.id)
                    yield event
                    if isinstance(event, last):
                        return


def _record(request: Requested) -> Origin:
    """As any client would write it."""
    headers = (("ce_id", request.request.encode()), ("content-type", b"application/json"))
    now = int(time.time() * 1000)
    return Origin(request.topic, -1, -1, now, request.request.encode(), request.body.encode(), headers)


def drained(said: AsyncIterator[Exchange], patience: float) -> Iterator[Exchange]:
    """An async iterator from a plain function, on a loop of its own.

    Raises Unavailable("timeout") after so many seconds without a word, before the first or between two.
    """
    with asyncio.Runner() as runner:
        try:
            while True:
                yield runner.run(asyncio.wait_for(anext(said), patience))
        except StopAsyncIteration:
            return
        except TimeoutError:
            what = f"nothing was heard for {patience:.0f} s"
            raise Unavailable(what, "start a worker: chalkstream worker", code="timeout") from None
        finally:
            runner.run(said.aclose())  # type: ignore[attr-defined]


def raise_error(answer: Event) -> None:
    """An answer that is an error, as the command line says it."""
    from schemas.errors import rebuild

    error = getattr(answer, "error", None)
    if error is not None:
        raise rebuild(error.model_copy(update={"remedy": error.remedy or "see --help"}))


def need_folder(path: Path) -> None:
    """Raise BadSettings where a file can't be written."""
    if not path.parent.is_dir():
        raise BadSettings(f"there is no folder {path.parent}", "make it, or choose another with --out")
