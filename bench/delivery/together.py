"""Sixteen one-minute uploads at once, against the same one after the other: what company costs in throughput."""

import time
from typing import Any

from bench.audio import talk
from bench.delivery.house import OUT, House, opened

SECONDS, LEAST = 60.0, 0.95


def measure(uploads: int = 16) -> dict[str, Any]:
    """Both arms on one warm worker, and the verdict."""
    path = str(talk(OUT / "media", SECONDS))
    with opened() as house, house.worker():
        _run(house, "warm", 1, path, at_once=True)
        serial = _run(house, "serial", uploads, path, at_once=False)
        parallel = _run(house, "parallel", uploads, path, at_once=True)
    ratio = serial / parallel
    wrong = [f"only {ratio:.2f} of the throughput"] if ratio < LEAST else []
    return {
        "uploads": uploads, "one_after_the_other_s": serial, "at_once_s": parallel, "throughput_ratio": ratio,
        "problems": wrong,
    }  # fmt: skip


def _run(house: House, name: str, uploads: int, path: str, *, at_once: bool) -> float:
    """Seconds from PUT to end: of all of them, or the sum of each (who comes next is not waited for)."""
    began, ends, keys = dict[str, float](), dict[str, float](), [f"{name}/{at:02d}.mp4" for at in range(uploads)]
    for group in [keys] if at_once else [[key] for key in keys]:
        for key in group:
            began[key] = time.time()
            house.outside.upload(key, path, "fr")
        found = house.wait(group, 300)
        assert {end.state for end in found.values()} == {"done"} and len(found) == len(group), found
        ends |= {key: end.at for key, end in found.items()}
    if at_once:
        return max(ends.values()) - min(began.values())
    return sum(ends[key] - began[key] for key in keys)
