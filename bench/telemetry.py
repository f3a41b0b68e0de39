"""What telemetry costs: CPU seconds of a worker's process tree per job: off, on, and to a collector that is mute.

``python -m bench.telemetry --rounds 7`` starts for each arm services and a worker of its own, warm after one short job;
then all arms take turns, round by round, with ``--seconds`` of talk, so that a busy machine burdens all alike. Counted
is what the worker and its children use from the upload until ``SETTLED_SECONDS`` after the job's end, when spans have
left too; exporters work at their own default pace. Prints one JSON object.
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from bench.audio import talk
from bench.delivery.house import OUT, House, opened
from bench.statistics import ratios
from tests.receiver import Receiver, receiving

ARMS: Final = ("off", "on", "hole")
MOST_RATIO: Final = 1.03
WARM_SECONDS: Final = 60.0
SETTLED_SECONDS: Final = 7.0
"""Longer than the five seconds after which spans leave at the latest."""
TOLD: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL")


@dataclass(frozen=True)
class Round:
    """Seconds of CPU and of waiting for one job, and memory in MB after it."""

    cpu: float
    wall: float
    memory: float


def main() -> None:
    """See above."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--seconds", type=float, default=300.0)
    wish = asked.parse_args()
    with ExitStack() as stack:
        sound, short = talk(OUT / "media", wish.seconds), talk(OUT / "media", WARM_SECONDS)
        ends = {"on": stack.enter_context(receiving()), "hole": stack.enter_context(receiving(mute=True))}
        arms = {name: stack.enter_context(_arm(ends.get(name))) for name in ARMS}
        for arm in arms.values():
            arm.job("warm", short)
        found: dict[str, list[Round]] = {name: [] for name in ARMS}
        for number in range(wish.rounds):
            for name in (*ARMS[number % 3 :], *ARMS[: number % 3]):
                found[name].append(arms[name].job(f"round-{number}", sound))
        told = len(ends["on"].spans()), len(ends["on"].metrics())
    print(json.dumps({"spans": told[0], "metrics": told[1], **summary(found)}, indent=1))


def summary(found: dict[str, list[Round]]) -> dict[str, object]:
    """Paired ratios to the arm without telemetry, with intervals; medians of all."""
    off = found["off"]
    told: dict[str, object] = {}
    for name, rounds in found.items():
        told[name] = {kind: median(asdict(each)[kind] for each in rounds) for kind in ("cpu", "wall", "memory")}
        if name != "off":
            cpu = ratios([each.cpu for each in rounds], [each.cpu for each in off])
            wall = ratios([each.wall for each in rounds], [each.wall for each in off])
            told[f"{name} to off"] = {"cpu": asdict(cpu), "wall": asdict(wall), "met": cpu.value <= MOST_RATIO}
    return told


@dataclass(frozen=True)
class Arm:
    """A house with one worker."""

    house: House
    worker: psutil.Process

    def job(self, name: str, sound: Path) -> Round:
        """One upload; each has a name, so artefacts, of its own."""
        key, before, began = f"{name}{sound.suffix}", self._used(), time.time()
        self.house.outside.upload(key, str(sound), "fr")
        ends = self.house.wait([key], 300)
        assert key in ends and ends[key].state == "done", ends
        time.sleep(SETTLED_SECONDS)
        return Round(self._used() - before, ends[key].at - began, self.worker.memory_info().rss / (1 << 20))

    def _used(self) -> float:
        """Of the worker and of its children that have ended, as all have by now."""
        return float(sum(self.worker.cpu_times()[:4]))


@contextmanager
def _arm(end: Receiver | None) -> Iterator[Arm]:
    """``end``: where telemetry goes; the pace of its exporters is left to them."""
    sending = {name: value for name, value in (end.environment("http/protobuf") if end else {}).items() if name in TOLD}
    with opened(**sending) as house, house.worker() as worker:
        yield Arm(house, psutil.Process(worker.pid))


if __name__ == "__main__":
    main()
