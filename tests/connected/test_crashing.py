"""An item that takes down every process that touches it: it ends, with its code, and nothing else does."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.attempts import SUSPECT
from streams.isolated import DEATHS as CHILD_DEATHS
from streams.letters import letter
from tests.commands import LECTURE, ROOT, environment
from tests.connected.conftest import installation
from tests.connected.crashing_worker import DEATHS, THIRD
from tests.connected.site import Site, eventually, has_ended

pytestmark = pytest.mark.slow
PROGRAM = (sys.executable, "-m", "tests.connected.crashing_worker")


class Supervisor:
    """Starts the worker again when it is dead, as the container's does."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.log, self.deaths, self.starts = folder / "worker.log", folder / "deaths", 0
        self._environment = environment(**{**site.environment, DEATHS: str(self.deaths)})
        self.worker = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        self.starts += 1
        with self.log.open("ab") as log:
            return subprocess.Popen(PROGRAM, stdout=log, stderr=log, cwd=ROOT, env=self._environment)

    def look(self) -> None:
        if self.worker.poll() is not None:
            self.worker = self._start()

    def counted(self) -> Counter[str]:
        return Counter(self.deaths.read_text().split()) if self.deaths.exists() else Counter()


@contextmanager
def supervised(site: Site, folder: Path) -> Iterator[Supervisor]:
    there = Supervisor(site, folder)
    try:
        yield there
    finally:
        there.worker.terminate()
        there.worker.wait(60)


def test_a_chunk_that_always_kills_its_process_is_crashed_and_the_lecture_ends_partial(tmp_path: Path) -> None:
    with installation(tmp_path) as site, supervised(site, tmp_path) as there:
        job = site.put("deadly.mp4", LECTURE.read_bytes(), targets="fr")

        def look() -> bool | None:
            there.look()
            assert there.counted()["worker"] < 3 * SUSPECT, "it goes on killing workers"
            return any(each["job"] == job and has_ended(each) for each in site.values("media.jobs")) or None

        eventually(look, "the end", 240)
        status = site.job(job)
        report = json.loads(site.results(job)["result.json"])
        letters = [letter(record) for record in site.records("dead.letters")]
    assert status["state"] == "partial", status
    assert [lost["reason"] for lost in report["lost"]] == ["crashed"], report["lost"]
    assert report["languages"]["fr"]["cues"] > 0
    (mine,) = letters
    assert (mine.stage, mine.code) == ("transcribe", "crashed")
    assert json.loads(mine.origin.value or b"{}")["index"] == THIRD
    assert there.counted() == {"worker": SUSPECT, "child": CHILD_DEATHS}, "tried in company, then alone"
    assert there.starts == SUSPECT + 1
