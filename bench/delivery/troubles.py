"""The whole chain by clients that stutter or fail, against a quiet run of the same uploads."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

from bench.chaos.check import Job, missing_words, problems
from bench.chaos.media import Recording, recordings
from bench.delivery.house import OUT, House, opened

CONTENTS = 10
TARGETS = ("en", "fr")
MOST_CALLS = 1.01


def stutter(uploads: int = 40) -> dict[str, Any]:
    """Every event one to five times, shuffled within a hundred: the same bytes, at most 1.01 calls per item."""
    with opened() as house:
        found = _measure(house, "stutter", uploads)
    said = next((key.split() for key in found["notes"] if key.startswith("said ")), ["", "0", "", "0"])
    found |= {"events": int(said[1]), "deliveries": int(said[3])}
    if found["model_calls"] > MOST_CALLS * found["model_items"]:
        found["problems"].append(f"{found['model_calls']} calls for {found['model_items']} items")
    if found["deliveries"] < 2 * found["events"]:
        found["problems"].append("hardly any event was delivered twice")
    return found


def flaky(uploads: int = 20) -> dict[str, Any]:
    """One request to the store and one send in ten fail, one in ten succeed and say they failed: all jobs end right."""
    with opened() as house:
        found = _measure(house, "flaky", uploads)
    if not found["notes"].get("lied"):
        found["problems"].append("nothing was made to fail")
    return found


def _measure(house: House, kind: str, uploads: int) -> dict[str, Any]:
    contents, diaries = recordings(OUT / "chaos-media", CONTENTS), house.folder / "diaries"
    diaries.mkdir()
    quiet = {f"quiet/{each.name}.wav": each for each in contents}
    with house.worker():
        _put(house, quiet)
        house.wait(quiet, 120)
    before = house.outside.artefacts()
    named = {f"{kind}/{at:03d}.wav": contents[at % CONTENTS] for at in range(uploads)}
    began = time.monotonic()
    with house.worker("-m", "bench.delivery.troubled", kind, str(diaries)):
        _put(house, named)
        ends = house.wait(named, 300)
        took = time.monotonic() - began
    tally = _tally(diaries)
    calls = sum(count for line, count in tally.items() if line.startswith("call "))
    found = house.outside.evidence(calls=0, items=0, in_flight=0)
    wrong = problems({key: each.name for key, each in named.items()}, _files(found.jobs, quiet), found)
    wrong += missing_words([job for job in found.jobs if job.upload in named], TARGETS, found.records)
    return {
        "uploads": uploads, "ended": len(ends), "seconds": round(took, 1), "model_calls": calls,
        "model_items": house.outside.artefacts() - before, "notes": dict(tally),
        "problems": [f"{each.kind}: {each.what}" for each in wrong],
    }  # fmt: skip


def _put(house: House, uploads: dict[str, Recording]) -> None:
    for key, content in uploads.items():
        house.outside.upload(key, str(content.path), "fr")


def _files(jobs: Any, quiet: dict[str, Recording]) -> dict[str, Any]:
    mine: list[Job] = [job for job in jobs if job.upload in quiet]
    return {quiet[job.upload].name: job.files for job in mine}


def _tally(diaries: Path) -> Counter[str]:
    lines = (line for path in diaries.glob("*.log") for line in path.read_text().splitlines())
    return Counter(line for line in lines if line[:1] not in "+-")
