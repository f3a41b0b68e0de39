"""The store killed -9 and started again while uploads arrive, of which most are told to nobody; a reconciler beside.

Every upload that was answered has its job within one reconcile period, time without a store not counted, and its
result after; the files are those of a quiet run, byte for byte.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bench.chaos.check import problems
from bench.chaos.media import recordings
from bench.delivery.house import OUT, House, opened
from infra.local import services

PERIOD = 10
SLACK = 5.0
"""Seconds for the look itself and for ``accept``, beside the period."""
AWAY_SECONDS = 2.0
CONTENTS = 10
GAP_SECONDS = RETRY_SECONDS = 0.5
TOLD = 5
"""Ten uploads in this many times ten are told of."""


@dataclass
class Outages:
    """When the store was away."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def without(self, begin: float, end: float) -> float:
        """Seconds from ``begin`` to ``end`` in which there was a store."""
        return (end - begin) - sum(max(0.0, min(end, up) - max(begin, down)) for down, up in self.spans)


def measure(uploads: int = 100, kills: int = 5) -> dict[str, Any]:
    """The run and its verdict."""
    contents = recordings(OUT / "chaos-media", CONTENTS)
    with opened() as house, house.worker(), house.beside("-m", "streams", "reconcile", "--every", str(PERIOD)):
        quiet = {f"quiet/{each.name}.wav": each for each in contents}
        for key, content in quiet.items():
            house.outside.upload(key, str(content.path), "fr")
        house.wait(quiet, 120)
        named = {f"kills/{at:03d}.wav": contents[at % CONTENTS] for at in range(uploads)}
        answered, outages, told, heard = dict[str, float](), Outages(), 0, True
        strikes = {round((at + 0.5) * uploads / kills) for at in range(kills)}
        for at, (key, content) in enumerate(named.items()):
            if at % 10 == 0:
                heard = at // 10 % TOLD == 0
                house.hush(not heard)
            told += heard
            if at in strikes:
                _strike(house, outages)
            answered[key] = _put(house, key, str(content.path))
            time.sleep(GAP_SECONDS)
        ends = house.wait(named, 300)
        late = {key: outages.without(at, _planned(house, ends[key].job)) for key, at in answered.items() if key in ends}
        found = house.outside.evidence(calls=0, items=0, in_flight=0)
    files = {quiet[job.upload].name: job.files for job in found.jobs if job.upload in quiet}
    wrong = [f"{each.kind}: {each.what}" for each in problems({k: c.name for k, c in named.items()}, files, found)]
    wrong += [f"{key} had its job after {after:.1f} s" for key, after in late.items() if after > PERIOD + SLACK]
    return {
        "uploads": len(answered), "told": told, "kills": len(outages.spans), "ended": len(ends),
        "away_seconds": sum(up - down for down, up in outages.spans), "latest_job_s": max(late.values(), default=0.0),
        "period_s": PERIOD, "problems": wrong,
    }  # fmt: skip


def _strike(house: House, outages: Outages) -> None:
    began = time.time()
    services.kill(house.services, "minio")
    time.sleep(AWAY_SECONDS)
    services.start(house.services, "minio")
    outages.spans.append((began, time.time()))


def _put(house: House, key: str, path: str) -> float:
    """When the upload was answered; a client tries again until it is."""
    while True:
        try:
            house.outside.upload(key, path, "fr")
            return time.time()
        except (BotoCoreError, ClientError, OSError):
            time.sleep(RETRY_SECONDS)


def _planned(house: House, job: str) -> float:
    """When the store got the plan."""
    found = house.outside.s3.head_object(Bucket="results", Key=f"default/{job}/plan.json")["LastModified"]
    return float(found.timestamp())
