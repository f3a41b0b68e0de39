"""What telemetry costs: CPU seconds of a worker's process tree per job: off, on, and to a collector that is mute.

``python -m bench.telemetry --rounds 7`` starts services of its own, and for each round and arm a worker of its own that
does one job of ``--seconds`` of talk; arms take turns within a round, so that a busy machine burdens all alike. What
is measured is the kernel's account of the worker and its children, from start to exit. Prints one JSON object.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.audio import talk
from bench.statistics import ratios
from infra.local import services
from infra.local.ports import free_port
from tests.commands import ROOT, chalkstream, command, environment
from tests.receiver import receiving

ARMS: Final = ("off", "on", "hole")
MOST_RATIO: Final = 1.03


@dataclass(frozen=True)
class Round:
    """Seconds of CPU and of waiting, and peak memory in MB, of one job."""

    cpu: float
    wall: float
    peak: float


def main() -> None:
    """See above."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=7)
    asked.add_argument("--seconds", type=float, default=300.0)
    wish = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        at = stack.enter_context(_cluster(Path(folder)))
        sound = talk(Path(folder), wish.seconds)
        ends = {"on": stack.enter_context(receiving()), "hole": stack.enter_context(receiving(mute=True))}
        arms = {"off": {}, **{name: end.environment("http/protobuf") for name, end in ends.items()}}
        found: dict[str, list[Round]] = {name: [] for name in ARMS}
        for number in range(wish.rounds):
            for name in (*ARMS[number % 3 :], *ARMS[: number % 3]):
                found[name].append(_job(sound, at, arms[name], Path(folder) / f"{name}-{number}"))
        print(json.dumps(summary(found), indent=1))


def summary(found: dict[str, list[Round]]) -> dict[str, object]:
    """Paired ratios to the arm without telemetry, with intervals; medians of all."""
    off = found["off"]
    told: dict[str, object] = {}
    for name, rounds in found.items():
        told[name] = {kind: median(asdict(each)[kind] for each in rounds) for kind in ("cpu", "wall", "peak")}
        if name != "off":
            cpu = ratios([each.cpu for each in rounds], [each.cpu for each in off])
            wall = ratios([each.wall for each in rounds], [each.wall for each in off])
            told[f"{name} to off"] = {"cpu": asdict(cpu), "wall": asdict(wall), "met": cpu.value <= MOST_RATIO}
    return told


@contextmanager
def _cluster(folder: Path) -> Iterator[dict[str, str]]:
    state = folder / "services"
    try:
        settings = services.up(state, kafka_port=free_port(), minio_port=free_port()).settings()
        assert chalkstream("init", **settings).code == 0
        yield settings
    finally:
        services.down(state)


def _job(sound: Path, at: dict[str, str], sending: dict[str, str], state: Path) -> Round:
    """A worker from its start to its exit with one job in between; each upload has a name, so artefacts, of its own."""
    state.mkdir()
    mine = state / f"{state.name}{sound.suffix}"
    mine.write_bytes(sound.read_bytes())
    settings = {**at, "CHALKSTREAM_STATE": str(state), **sending}
    worker = subprocess.Popen(
        command("worker"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env=environment(**settings),
    )  # fmt: skip
    assert worker.stdout and worker.stdout.readline() == "ready\n"
    began = time.perf_counter()
    done = chalkstream("submit", mine, "--to", "fr", "--wait", "--out", state / "out", timeout=900, **at)
    wall = time.perf_counter() - began
    worker.terminate()
    _, _, used = os.wait4(worker.pid, 0)
    assert done.code in (0, 4), done.err
    return Round(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
