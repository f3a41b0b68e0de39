"""Worker processes under names that stay: started again when they die, killed on purpose; and what they had in hand."""

import multiprocessing
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.chaos.worker import begin

FORKED = multiprocessing.get_context("forkserver")
"""New workers are forked from a process that has loaded the libraries and nothing else: on two cores, starting Python
afresh every two seconds would be most of what is measured."""
FORKED.set_forkserver_preload(["bench.chaos.worker", "faster_whisper", "ctranslate2", "onnxruntime", "boto3.session"])
GIVEN_WORK_SECONDS = 2.0
MODEL_STAGES = ("identify", "transcribe", "translate")


@dataclass
class Worker:
    """One process."""

    name: str
    process: Any
    joined: Path

    @property
    def ready(self) -> bool:
        """Whether it joined all its groups long enough ago to have been given work."""
        return self.joined.exists() and time.time() - self.joined.stat().st_mtime > GIVEN_WORK_SECONDS


@dataclass(frozen=True)
class Kill:
    """One kill of a worker that had joined: how many items it had begun and not ended, how many of them for a model."""

    at: float
    name: str
    pid: int
    in_flight: int
    calls_in_flight: int
    returns: bool


@dataclass
class Cluster:
    """``size`` workers; ``environment`` is theirs whole."""

    folder: Path
    environment: dict[str, str]
    size: int
    workers: dict[str, Worker] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    _count: int = 0
    _started: int = 0

    def start(self) -> None:
        """Start what is missing."""
        (self.folder / "diaries").mkdir(parents=True, exist_ok=True)
        while len(self.workers) < self.size:
            self._count += 1
            self._start(f"chaos-{self._count}")

    def tend(self) -> None:
        """Start again, under its name, whoever ended by itself."""
        for worker in list(self.workers.values()):
            if not worker.process.is_alive():
                self._start(worker.name)

    def kill(self, order: random.Random, *, returns: bool) -> Kill | None:
        """Kill -9 one of those that are ready; another takes its place under its name, or under a new one."""
        there = [worker for worker in self.workers.values() if worker.ready]
        if not there:
            return None
        worker = order.choice(there)
        worker.process.kill()
        worker.process.join()
        in_hand = open_items(self._diary(worker))
        calling = [item for item in in_hand if item.split()[0] in MODEL_STAGES]
        found = Kill(time.time(), worker.name, worker.process.pid, len(in_hand), len(calling), returns)
        self.kills.append(found)
        del self.workers[worker.name]
        if returns:
            self._start(worker.name)
        else:
            self.start()
        return found

    def stop(self) -> None:
        """SIGTERM, then wait; what does not end is killed."""
        for worker in self.workers.values():
            worker.process.terminate()
        for worker in self.workers.values():
            worker.process.join(45)
            worker.process.kill()
            worker.process.join()
        self.workers.clear()

    def tally(self) -> Counter[str]:
        """All that diaries say of calls and results."""
        found: Counter[str] = Counter()
        for path in (self.folder / "diaries").glob("*.log"):
            found.update(line for line in path.read_text().splitlines() if line[:1] not in "+-")
        return found

    def _start(self, name: str) -> None:
        self._started += 1
        joined = self.folder / f"joined-{self._started}"
        process = FORKED.Process(target=begin, args=(self.folder, name, joined, self.environment), daemon=False)
        process.start()
        self.workers[name] = Worker(name, process, joined)

    def _diary(self, worker: Worker) -> list[str]:
        path = self.folder / "diaries" / f"{worker.process.pid}.log"
        return path.read_text().splitlines() if path.exists() else []


def open_items(diary: list[str]) -> set[str]:
    """What was begun and not ended."""
    found: Counter[str] = Counter()
    for line in filter(None, diary):
        if line[0] in "+-":
            found[line[2:]] += 1 if line[0] == "+" else -1
    return {item for item, count in found.items() if count > 0}


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Of a worker: ours, the services', one model instance."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CHALKSTREAM_")}
    return (
        plain | settings | {"CHALKSTREAM_MODELS": "demo", "CHALKSTREAM_ENGINES__WORKERS": "1", "OMP_NUM_THREADS": "1"}
    )
