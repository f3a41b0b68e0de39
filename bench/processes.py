"""Programs watched from outside: when they say what, and how much memory their process tree holds."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil

TICK_S = 0.2
ROOT = Path(__file__).parents[1]


@dataclass
class Watched:
    """``said``: (seconds since start, line as JSON); ``peak``: MB of the tree at its largest."""

    said: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    peak: float = 0.0
    seconds: float = 0.0
    code: int | None = None

    def first(self, kind: str, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> float:
        """When the first line of ``kind`` came that is wanted; infinite if never."""
        return next(
            (at for at, line in self.said if line.get("type", "").startswith(kind) and wanted(line)), float("inf")
        )


def watch(command: list[str], *, until: Callable[[Watched], bool] = lambda _: False, memory: bool = True) -> Watched:
    """Run ``command`` to its end, or end it when ``until`` holds. Its lines on standard output are JSON.

    ``memory``: whether to sample it, which costs a third of a core and stops the watched program for moments.
    """
    found, began = Watched(), perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    sampler = threading.Thread(target=_sample, args=(process.pid, found), daemon=True)
    if memory:
        sampler.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            found.said.append((perf_counter() - began, json.loads(line)))
            if until(found):
                break
    finally:
        if found.said and until(found):
            _end(process)
        found.code = process.wait()
        found.seconds = perf_counter() - began
        if memory:
            sampler.join()
        assert process.stdout is not None
        process.stdout.close()
    return found


def chalkstream(*arguments: str | Path) -> list[str]:
    """The command line of ours."""
    return [sys.executable, "-m", "streams", *map(str, arguments)]


def _end(process: subprocess.Popen[str]) -> None:
    for each in (*psutil.Process(process.pid).children(recursive=True), process):
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            each.kill()


def _sample(pid: int, found: Watched) -> None:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            found.peak = max(found.peak, sum(map(_held, [process, *process.children(recursive=True)])) / 1e6)
            threading.Event().wait(TICK_S)


def _held(process: psutil.Process) -> int:
    """Bytes: the proportional share of what is shared, where the system tells it."""
    with suppress(psutil.Error, OSError):
        rollup = Path(f"/proc/{process.pid}/smaps_rollup")
        if rollup.exists():
            return 1024 * sum(int(line.split()[1]) for line in _lines(rollup) if line.startswith("Pss:"))
        return int(process.memory_info().rss)
    return 0


def _lines(path: Path) -> Iterator[str]:
    return iter(path.read_text(encoding="ascii", errors="replace").splitlines())
