"""``deadletters list|show|redrive``: what was given up on, why, and sending it again once."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from processors.bench import Bench
from processors.runs import next_run, unbegun
from schemas.base import to_bytes
from schemas.errors import BadSettings, ChalkstreamError, NotFound
from schemas.plan import Options
from schemas.records import RedrivenRecord
from streams.announce import Announcer, announcing
from streams.commands.reach import Reach, reach
from streams.letterbox import MARKS, every, sent_again
from streams.letters import Letter, Redrive, redrive


def list_letters(stage: str | None, *, as_json: bool) -> None:
    """One line per letter, oldest first; those that were sent again say so."""
    here = reach()
    found = [each for each in asyncio.run(every(here.settings.kafka)) if stage in (None, each.stage)]
    again = sent_again(here.store)
    for each in found:
        sys.stdout.write((_as_json(each, again) if as_json else _line(each, again)) + "\n")
    if not found and not as_json:
        sys.stdout.write("there are no dead letters\n")


def show_letter(name: str, *, value: bool) -> None:
    """Everything about one letter; what the record says only with ``value``, for it may hold somebody's words."""
    here = reach()
    found = next((each for each in asyncio.run(every(here.settings.kafka)) if each.id == name), None)
    if found is None:
        raise _unknown(name)
    origin, size = found.origin, len(found.origin.value or b"")
    told = {
        "id": found.id, "at": _time(found.at), "topic": origin.topic, "partition": origin.partition,
        "offset": origin.offset, "written": _time(origin.timestamp), "stage": found.stage, "attempt": found.attempt,
        "code": found.code, "message": found.message, "trace": found.trace, "value": f"{size} bytes",
        "sent again": "yes" if here.store.exists(MARKS, found.mark) else "no",
    } | {f"header {label}": text.decode(errors="replace") for label, text in origin.headers}  # fmt: skip
    for label, text in told.items():
        sys.stdout.write(f"{label:12} {text}\n")
    if value:
        sys.stdout.write((origin.value or b"").decode(errors="backslashreplace") + "\n")


def redrive_letters(names: Sequence[str], stage: str | None) -> int:
    """Send letters again, each once; the exit code is that of the worst."""
    if bool(names) == bool(stage):
        raise BadSettings("name letters, or --stage, not both", "see 'chalkstream deadletters list'")
    here = reach()
    there = {each.id: each for each in asyncio.run(every(here.settings.kafka))}
    for name in names:
        if name not in there:
            raise _unknown(name)
    chosen = [there[name] for name in names] or [each for each in there.values() if each.stage == stage]
    return asyncio.run(_redrive(here, chosen))


async def _redrive(here: Reach, chosen: Sequence[Letter]) -> int:
    from streams.bootstrap_cluster import cluster_bench

    bench, worst = cluster_bench(here.settings), 0
    async with announcing(here.settings.kafka) as announcer:
        for each in chosen:
            try:
                said = await _send(here, each, bench, announcer)
            except ChalkstreamError as error:
                said, worst = str(error), max(worst, error.exit_code)
            sys.stdout.write(f"{each.id}  {said}\n")
    return worst


async def _send(here: Reach, given: Letter, bench: Bench, announcer: Announcer) -> str:
    """Send, then note it: a crash in between sends it twice, which is harmless, and never not at all."""
    if bench.store.exists(MARKS, given.mark):
        return "was sent again before"
    how = redrive(given)
    if how.how == "run":
        said = await _run_again(here, how, bench, announcer)
    else:
        await announcer.repeat(given.origin)
        said = f"sent to {given.origin.topic} again"
    record = RedrivenRecord(letter=given.id, how=said, at=datetime.now(UTC).isoformat(timespec="seconds"))
    bench.store.create(MARKS, given.mark, to_bytes(record))
    return said


async def _run_again(here: Reach, how: Redrive, bench: Bench, announcer: Announcer) -> str:
    event = unbegun(bench.store, how.tenant, how.job, how.run)
    if event is not None and (status := await here.status(how.job)) and status.run >= event.run:
        return f"job {how.job} has had run {status.run} since"
    event = event or next_run(how.job, how.tenant, Options(), bench)
    await announcer.say([event], bench.plan_of(event))
    return f"job {how.job} run {event.run}"


def _line(each: Letter, again: set[str]) -> str:
    place = f"{each.origin.topic}-{each.origin.partition}-{each.origin.offset}"
    sent = "  (sent again)" if each.mark in again else ""
    return f"{each.id:8} {_time(each.at)}  {each.stage:10} {each.code:16} {place}  {each.message}{sent}"


def _as_json(each: Letter, again: set[str]) -> str:
    origin = each.origin
    return json.dumps({
        "id": each.id, "at": _time(each.at), "stage": each.stage, "code": each.code, "message": each.message,
        "topic": origin.topic, "partition": origin.partition, "offset": origin.offset, "attempt": each.attempt,
        "trace": each.trace, "redriven": each.mark in again,
    })  # fmt: skip


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds") if ms > 0 else "unknown"


def _unknown(name: str) -> NotFound:
    return NotFound(f"there is no dead letter {name!r}", "see 'chalkstream deadletters list'")
