"""A worker's ``/readyz``: not before it has joined its groups, and no more once it drains; it lives all the while."""

import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from infra.local.ports import free_port
from tests.commands import ROOT, command, environment
from tests.connected.site import Site, clip, eventually


def answered(port: int, path: str) -> int:
    """The status; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as told:
        told.close()
        return told.code
    except OSError:
        return 0


def test_a_worker_is_ready_when_it_takes_work_and_not_before_or_after(site: Site, tmp_path: Path) -> None:
    port = free_port()
    told = environment(**{**site.environment, "CHALKSTREAM_MONITOR__PORT": str(port)})
    with (tmp_path / "log").open("w") as log:
        worker = subprocess.Popen(command("worker"), stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT, env=told)
    try:
        first = eventually(lambda: answered(port, "/readyz") or None, "an answer")
        assert (first, answered(port, "/healthz")) == (503, 200), "it has no partitions yet"
        assert worker.stdout and worker.stdout.readline() == "ready\n"
        assert (answered(port, "/readyz"), answered(port, "/healthz")) == (200, 200)
        site.put("readiness.wav", clip(2, 60, times=3), targets="fr")
        worker.send_signal(signal.SIGTERM)
        leaving = []
        while worker.poll() is None:
            leaving.append((answered(port, "/readyz"), answered(port, "/healthz")))
            time.sleep(0.01)
        assert (503, 200) in leaving, leaving
        assert not {200} & {ready for ready, _ in leaving[leaving.index((503, 200)) :]}
    finally:
        worker.kill()
        worker.wait()
        if worker.stdout:
            worker.stdout.close()
