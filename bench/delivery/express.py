"""A one-minute upload that arrives during a three-hour one, over the same minute alone. The long one is cancelled."""

import subprocess
import sys
import time
from statistics import median
from typing import Any

from bench.audio import talk
from bench.delivery.house import OUT, House, opened

LONG, SHORT = 3 * 3600.0, 60.0
MOST = 3.0
BACKLOG = 40
"""Chunks decoded and not recognised when the minute arrives: far past the two minutes that are express themselves."""


def measure(rounds: int = 3) -> dict[str, Any]:
    """Seconds of the minute alone and in company, and the verdict."""
    short, long = talk(OUT / "media", SHORT), talk(OUT / "media", LONG)
    with opened() as house, house.worker():
        _one(house, "warm", str(short))
        alone = [_one(house, f"alone-{at}", str(short)) for at in range(rounds)]
        house.outside.upload("long/long.mp4", str(long), "fr")
        until = time.monotonic() + 240
        while (waiting := _waiting(house)) < BACKLOG and time.monotonic() < until:
            time.sleep(1.0)
        beside = [_one(house, f"beside-{at}", str(short)) for at in range(rounds)]
        left, ended = _waiting(house), "long/long.mp4" in house.ends()
        _cancel(house)
    ratio = median(beside) / median(alone)
    wrong = [f"{ratio:.2f} times as long as alone"] if ratio > MOST else []
    wrong += ["there was no backlog to pass by"] if waiting < BACKLOG or ended else []
    return {
        "alone_s": alone, "beside_s": beside, "ratio": ratio, "waiting_before": waiting, "waiting_after": left,
        "problems": wrong,
    }  # fmt: skip


def _one(house: House, name: str, path: str) -> float:
    began, key = time.time(), f"short/{name}.mp4"
    house.outside.upload(key, path, "fr")
    ends = house.wait([key], 240)
    assert key in ends and ends[key].state == "done", ends
    return ends[key].at - began


def _waiting(house: House) -> int:
    """Chunks of the long talk with speech that nobody has recognised yet."""
    found = {topic: len(house.outside.kcat(topic, "%o\n")) for topic in ("media.speech", "media.transcribed")}
    return found["media.speech"] - found["media.transcribed"]


def _cancel(house: House) -> None:
    jobs = [job for job, state in house.outside.last_words().items() if state == "running"]
    for job in jobs:
        subprocess.run([sys.executable, "-m", "streams", "cancel", job], env=house.settings, check=False)
