"""``python -m bench.chaos``: many uploads while workers die; then what a stranger finds is compared with a quiet run.

``--short`` is for CI (under 4 minutes). Exit code 1 when anything is lost, doubled or altered, or when the run was too
tame to show it: not all uploads made, too few kills, too few of them with an item in flight. Prints and writes JSON.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.chaos.check import Asked, Done, Job, missed, missing_words, problems
from bench.chaos.cluster import Cluster, environment
from bench.chaos.media import Recording, recordings
from bench.chaos.outside import Outside
from bench.chaos.quality import quality
from infra.local import services
from infra.local.ports import free_port

OUT = Path(__file__).parents[1] / "out"
TARGETS = "fr"
WER, CHRF = 0.02, 97.0
"""The demo pack's own (0.25 % and 100, infra/packs/demo/README.md), with room for a word of a few short talks."""


@dataclass(frozen=True)
class Plan:
    """How many uploads of how many contents, how many workers, how often one dies, how many never return.

    After ``feed`` seconds no more is uploaded and nobody is killed; what has not ended after ``limit`` is lost. Less
    than all uploads, fewer ``kills`` or a smaller ``share`` of them with an item in flight fail the run too.
    """

    uploads: int
    contents: int
    workers: int
    every: float
    gone: int
    feed: float
    limit: float
    kills: int
    share: float
    backlog: int = 60

    def asked(self) -> Asked:
        """By this plan."""
        return Asked(self.uploads, self.contents, self.kills, self.share, self.gone, WER, CHRF)


SHORT = Plan(uploads=60, contents=10, workers=4, every=2.0, gone=1, feed=120.0, limit=180.0, kills=20, share=0.6)
LONG = Plan(
    uploads=1_000, contents=100, workers=4, every=2.0, gone=10, feed=3_000.0, limit=3_600.0, kills=200, share=0.8
)


def run(plan: Plan, state: Path, seed: int = 6) -> dict[str, Any]:
    """Services, a quiet run, a run with kills, the verdict."""
    contents = recordings(OUT / "chaos-media", plan.contents)
    at = services.up(state / "services", kafka_port=free_port(), minio_port=free_port())
    outside = Outside(at.bootstrap, at.endpoint, at.access_key, at.secret_key)
    try:
        ours = environment(at.settings())
        subprocess.run([sys.executable, "-m", "streams", "init"], env=ours, check=True, stdout=subprocess.DEVNULL)
        quiet, calm = _quiet(plan, Cluster(state / "quiet", ours, plan.workers), outside, contents)
        result = calm | _chaos(plan, Cluster(state / "chaos", ours, plan.workers), outside, contents, quiet, seed)
        return result | {"missed": missed(plan.asked(), done(result))}
    finally:
        services.down(state / "services")


def done(result: dict[str, Any]) -> Done:
    """What a run's result says that it did."""
    quiet = result["quiet"]
    return Done(
        uploads=result["uploads"], ended=result["ended"], contents=quiet["ended"], kills=result["kills"],
        hits=result["kills_that_hit"], gone=result["never_returned"], wer=quiet["wer"], chrf=quiet["chrf"],
    )  # fmt: skip


def _quiet(
    plan: Plan, cluster: Cluster, outside: Outside, contents: Sequence[Recording]
) -> tuple[dict[str, Job], dict[str, Any]]:  # fmt: skip
    uploads = {f"quiet/{content.name}.wav": content for content in contents}
    began = time.monotonic()
    _work(plan, cluster, outside, uploads, lambda: None)
    jobs = {uploads[job.upload].name: job for job in outside.jobs() if job.upload in uploads}
    took = time.monotonic() - began
    told = {"uploads": len(uploads), "ended": len(jobs), "seconds": round(took, 1)}
    return jobs, {"quiet": told | quality(outside, jobs, contents)}


def _chaos(
    plan: Plan, cluster: Cluster, outside: Outside, contents: Sequence[Recording], quiet: dict[str, Job], seed: int
) -> dict[str, Any]:
    uploads = {f"chaos/{at:04d}.wav": contents[at % len(contents)] for at in range(plan.uploads)}
    order, before, last = random.Random(seed), outside.artefacts(), [time.monotonic() + 5.0]

    def strike() -> None:
        if time.monotonic() - last[0] >= plan.every:
            gone = sum(not kill.returns for kill in cluster.kills)
            cluster.kill(order, returns=not (gone < plan.gone and len(cluster.kills) % 10 == 5))
            last[0] = time.monotonic()

    began = time.monotonic()
    fed = _work(plan, cluster, outside, uploads, strike)
    took = time.monotonic() - began
    tally = cluster.tally()
    calls = sum(count for line, count in tally.items() if line.startswith("call "))
    found = outside.evidence(
        calls=calls, items=outside.artefacts() - before, in_flight=sum(kill.calls_in_flight for kill in cluster.kills)
    )
    named = {key: uploads[key].name for key in fed}
    wrong = problems(named, {name: job.files for name, job in quiet.items()}, found)
    wrong += missing_words([job for job in found.jobs if job.upload in uploads], ("en", TARGETS), found.records)
    hit = sum(kill.in_flight > 0 for kill in cluster.kills)
    return {
        "uploads": len(fed), "ended": outside.ended() - len(quiet), "seconds": round(took, 1),
        "kills": len(cluster.kills), "kills_that_hit": hit,
        "kills_with_an_item_in_flight": round(hit / max(1, len(cluster.kills)), 3),
        "never_returned": sum(not kill.returns for kill in cluster.kills),
        "items_in_flight_at_kills": sum(kill.in_flight for kill in cluster.kills),
        "model_calls": calls, "model_items": found.items, "model_items_in_flight_at_kills": found.in_flight,
        "dead_letters": found.dead_letters, "tally": dict(tally),
        "problems": dict(Counter(problem.kind for problem in wrong)), "first": [asdict(each) for each in wrong[:30]],
        "log": [asdict(kill) for kill in cluster.kills],
    }  # fmt: skip


def _work(
    plan: Plan, cluster: Cluster, outside: Outside, uploads: dict[str, Recording], strike: Callable[[], None]
) -> list[str]:
    """Upload as fast as jobs end, striking as told, then wait for the rest; the keys that were uploaded."""
    cluster.start()
    before, left, fed, ended, looked = outside.ended(), list(uploads.items()), list[str](), 0, 0.0
    began = time.monotonic()
    try:
        while (left or ended < len(fed)) and time.monotonic() - began < plan.limit:
            while left and len(fed) < ended + plan.backlog:
                key, content = left.pop(0)
                outside.upload(key, str(content.path), TARGETS)
                fed.append(key)
            if time.monotonic() - began > plan.feed:
                left.clear()  # the verdict counts what was not made
            cluster.tend()
            if time.monotonic() - began < plan.feed:
                strike()
            time.sleep(0.1)
            if time.monotonic() - looked > 2.0:
                looked, ended = time.monotonic(), outside.ended() - before
                sys.stderr.write(f"{ended} of {len(fed)} ended, {len(cluster.kills)} kills\n")
        return fed
    finally:
        _let_them_tell(outside, before + len(fed))
        cluster.stop()


def _let_them_tell(outside: Outside, wanted: int) -> None:
    """The status board's last words come a moment after the ends themselves."""
    until = time.monotonic() + 30.0
    while outside.told() < wanted and time.monotonic() < until:
        time.sleep(1.0)


def main() -> int:
    """The command."""
    os.environ["OMP_NUM_THREADS"] = "1"  # before a library is loaded where workers are forked from
    asked = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    asked.add_argument("--short", action="store_true", help="the form for CI")
    for name, kind in Plan.__annotations__.items():
        asked.add_argument(f"--{name}", type=kind)
    asked.add_argument("--state", type=Path, help="keep services and diaries here")
    given = asked.parse_args()
    base = SHORT if given.short else LONG
    told = {name: getattr(given, name) for name in Plan.__annotations__}
    plan = replace(base, **{name: value for name, value in told.items() if value is not None})
    with TemporaryDirectory(prefix="chaos-") as folder:
        result = {"plan": asdict(plan)} | run(plan, given.state or Path(folder))
    OUT.mkdir(exist_ok=True)
    (OUT / "chaos.json").write_text(json.dumps(result, indent=1))
    sys.stdout.write(json.dumps({name: value for name, value in result.items() if name != "log"}, indent=1) + "\n")
    return int(bool(result["problems"] or result["missed"]))


if __name__ == "__main__":
    sys.exit(main())
