"""Suspects in a child process: if they take it down, they take nothing else (DESIGN §4.7).

Those of one batch are tried together, for most are innocents that were killed with their worker; a child that dies is
followed by one for each half, down to one item alone. Only deaths alone count; after three the item is ``crashed``.
The child gets the settings, the stage's name and the facts as JSON on its standard input and writes its answers as
JSON lines; it shares the store, so what it finished stays finished. One that hangs is dead; one whose work nobody wants
any more is ended.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from infra.settings import Settings, read
from processors.bench import Bench
from processors.stage import Answer, Stage
from schemas import envelope
from schemas.errors import Cancelled, ChalkstreamError, ErrorInfo, rebuild
from schemas.events import Event
from streams import attempts
from streams.execute import Isolate, Unwanted, as_ours, execute
from streams.retry import TriedEnough

DEATHS = 3
HANGS_SECONDS, LOOK_SECONDS = 3600.0, 1.0
"""What takes longer hangs: the longest honest work, twelve hours of media to decode, is done in minutes."""
PROGRAM = (sys.executable, "-m", "streams.isolated")


def launcher(bench: Literal["local", "cluster"], settings: Settings, program: Sequence[str] = PROGRAM) -> Isolate:
    """A function that runs items of a stage in a child of their own (``program``), on a bench made there.

    The child reads its settings from the environment, as this process did; what was given beside it goes along.
    """
    given = {"models": settings.models, "state": str(settings.state)}

    def isolate(stage: Stage, events: Sequence[Event], unwanted: Unwanted) -> Iterator[Answer]:
        told = [{"type": event.wire_type(), "value": envelope.value(event).decode()} for event in events]

        def ask(chosen: Sequence[int]) -> list[Answer] | None:
            work = {"bench": bench, "given": given, "stage": stage.name, "events": [told[at] for at in chosen]}
            return child(program, json.dumps(work), unwanted)

        yield from halved(ask, range(len(events)), stage.name)

    return isolate


def halved(ask: Callable[[Sequence[int]], list[Answer] | None], chosen: Sequence[int], stage: str) -> Iterator[Answer]:
    """The answers of all that were ``chosen``. ``ask`` tries some together and says None when that was their death."""
    for _ in range(DEATHS if len(chosen) == 1 else 1):
        answers = ask(chosen)
        if answers is not None:
            yield from ((chosen[position], answer) for position, answer in answers)
            return
    if len(chosen) == 1:
        what = f"{stage} died {DEATHS} times on this item alone"
        yield chosen[0], TriedEnough("crashed", what, "see docs/operating.md")
        return
    half = len(chosen) // 2
    for part in (chosen[:half], chosen[half:]):
        yield from halved(ask, part, stage)


def child(
    program: Sequence[str], work: str, unwanted: Unwanted, *, hangs: float = HANGS_SECONDS, look: float = LOOK_SECONDS
) -> list[Answer] | None:
    """The answers, or None when the child died or hung (seconds); what it can say itself is no death.

    Raises Cancelled, soon after the work is ``unwanted``.
    """
    until = time.monotonic() + hangs
    given: bytes | None = work.encode()
    with subprocess.Popen(  # noqa: S603 - ours
        list(program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            while True:
                try:
                    said, _ = process.communicate(given, timeout=look)
                    break
                except subprocess.TimeoutExpired:
                    given = None  # it is on its way
                    if unwanted():
                        raise Cancelled from None
                    if time.monotonic() > until:
                        return None
        finally:
            process.kill()
    return None if process.returncode else [_answer(json.loads(line)) for line in said.splitlines()]


def _answer(line: dict[str, Any]) -> Answer:
    if "type" in line:
        return line["at"], envelope.parse(line["type"], line["value"].encode())
    return line["at"], rebuild(ErrorInfo(**line["error"])) if "error" in line else None


def _line(at: int, answer: Event | ChalkstreamError | None) -> str:
    if isinstance(answer, Event):
        return json.dumps({"at": at, "type": answer.wire_type(), "value": envelope.value(answer).decode()})
    return json.dumps({"at": at, "error": answer.info.model_dump()} if answer else {"at": at, "done": True})


def main() -> None:
    """The child: items, their answers on standard output. It goes on to its end when nobody waits for it any more."""
    given = sys.stdin.buffer.read()
    if not given:
        return
    work = json.loads(given)
    try:
        lines = [_line(at, answer) for at, answer in _work(work)]
    except Exception as error:
        lines = [_line(at, as_ours(error)) for at in range(len(work["events"]))]
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        return
    os.close(sys.stdout.fileno())


def _work(work: dict[str, Any]) -> list[Answer]:
    from streams import bootstrap, bootstrap_cluster

    stage = bootstrap_cluster.cluster_stages([work["stage"]])[0]
    events = [envelope.parse(told["type"], told["value"].encode()) for told in work["events"]]
    settings = read(os.environ, models=work["given"]["models"], state=Path(work["given"]["state"]))
    make: Callable[[Settings], Bench]
    make = bootstrap.local_bench if work["bench"] == "local" else bootstrap_cluster.cluster_bench
    bench = make(settings)
    answers = list(execute(stage, events, bench))
    attempts.acquit(bench.store, stage.name, [event.id for event in events])
    return answers


if __name__ == "__main__":
    main()
