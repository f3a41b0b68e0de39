"""What a worker with all its stages costs while nothing happens."""

import subprocess
import sys
import time
from typing import Any

import psutil

MOST_PERCENT = 2.0


def idle(environment: dict[str, str], seconds: float = 60.0) -> dict[str, Any]:
    """Share of a core that an idle worker takes, and its memory."""
    started = subprocess.Popen(
        [sys.executable, "-m", "streams", "worker"], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert started.stdout
        started.stdout.readline()
        time.sleep(8)
        process = psutil.Process(started.pid)
        before = sum(process.cpu_times()[:2])
        time.sleep(seconds)
        used = sum(process.cpu_times()[:2]) - before
        share = 100 * used / seconds
        return {
            "percent_of_a_core": share, "memory_mb": process.memory_info().rss / 1e6,
            "problems": [f"{MOST_PERCENT} % of a core and more"] if share >= MOST_PERCENT else [],
        }  # fmt: skip
    finally:
        started.terminate()
        started.wait(30)
