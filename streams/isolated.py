"""One suspect item alone in a child process: if it takes the process down, it takes only that one (DESIGN §4.7).

The child gets the settings, the stage's name and the fact as JSON on its standard input and writes its answers as
JSON lines; it shares the store, so what it finished stays finished. Only deaths here count; after three the item
is ``crashed``.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from infra.settings import Settings, read
from processors.stage import Answer, Stage
from schemas import envelope
from schemas.errors import Broken, ChalkstreamError, ErrorInfo, rebuild
from schemas.events import Event
from streams import attempts
from streams.execute import as_ours, execute

DEATHS = 3
PROGRAM = (sys.executable, "-m", "streams.isolated")


def launcher(
    bench: Literal["local", "cluster"], settings: Settings, program: Sequence[str] = PROGRAM
) -> Callable[[Stage, Event], Iterator[Answer]]:
    """A function that runs one item of a stage in a child of its own (``program``), on a bench made there.

    The child reads its settings from the environment, as this process did; what was given beside it goes along.
    """
    given = {"models": settings.models, "state": str(settings.state)}

    def isolate(stage: Stage, event: Event) -> Iterator[Answer]:
        work = {
            "bench": bench,
            "given": given,
            "stage": stage.name,
            "type": event.wire_type(),
            "value": envelope.value(event).decode(),
        }
        for _ in range(DEATHS):
            answers = _child(program, json.dumps(work))
            if answers is not None:
                yield from answers
                return
        yield 0, Broken("crashed", f"{stage.name} died {DEATHS} times on this item alone", "see docs/operating.md")

    return isolate


def _child(program: Sequence[str], work: str) -> list[Answer] | None:
    """The answers, or None when the child died; what it can say itself is no death."""
    done = subprocess.run(  # noqa: S603 - ours
        list(program), input=work.encode(), stdout=subprocess.PIPE, check=False, start_new_session=True
    )
    if done.returncode != 0:
        return None
    return [_answer(json.loads(line)) for line in done.stdout.splitlines()]


def _answer(line: dict[str, Any]) -> Answer:
    if "type" in line:
        return 0, envelope.parse(line["type"], line["value"].encode())
    return 0, rebuild(ErrorInfo(**line["error"])) if "error" in line else None


def _line(answer: Event | ChalkstreamError | None) -> str:
    if isinstance(answer, Event):
        return json.dumps({"type": answer.wire_type(), "value": envelope.value(answer).decode()})
    return json.dumps({"error": answer.info.model_dump()} if answer else {"done": True})


def main() -> None:
    """The child: one item, its answers on standard output. It goes on to its end when nobody waits for it any more."""
    given = sys.stdin.buffer.read()
    if not given:
        return
    work = json.loads(given)
    try:
        lines = [_line(answer) for answer in _work(work)]
    except Exception as error:
        lines = [_line(as_ours(error))]
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        return
    os.close(sys.stdout.fileno())


def _work(work: dict[str, Any]) -> list[Event | ChalkstreamError | None]:
    from streams import bootstrap

    stage = bootstrap.cluster_stages([work["stage"]])[0]
    event = envelope.parse(work["type"], work["value"].encode())
    settings = read(os.environ, models=work["given"]["models"], state=Path(work["given"]["state"]))
    bench = bootstrap.BENCHES[work["bench"]](settings)
    answers = [answer for _, answer in execute(stage, [event], bench)]
    attempts.acquit(bench.store, stage.name, event.id)
    return answers


if __name__ == "__main__":
    main()
