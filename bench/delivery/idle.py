"""What a worker with all its stages costs while nothing happens."""

import subprocess
import sys
import time

import psutil


def idle(environment: dict[str, str], seconds: float = 60.0) -> dict[str, float]:
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
        return {"percent_of_a_core": 100 * used / seconds, "memory_mb": process.memory_info().rss / 1e6}
    finally:
        started.terminate()
        started.wait(30)
