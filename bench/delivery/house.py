"""The whole system for one run: services of its own, worker processes, uploads by a plain client, how each ended."""

import json
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from bench.chaos.cluster import environment
from bench.chaos.outside import ENDED, Outside
from infra.local import services
from infra.local.endpoints import Endpoints
from infra.local.minio import ARNS
from infra.local.ports import free_port

OUT = Path(__file__).parents[1] / "out"
WORKER = ("-m", "streams", "worker")
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class End:
    """The last word about one upload, and when the broker got it (seconds since 1970)."""

    job: str
    state: str
    code: str
    at: float


@dataclass(frozen=True)
class House:
    """``folder``: for diaries and logs; ``settings``: the environment of our own commands."""

    folder: Path
    at: Endpoints
    settings: dict[str, str]

    @property
    def services(self) -> Path:
        """The state of broker and store."""
        return self.folder / "services"

    @cached_property
    def outside(self) -> Outside:
        """A stranger's eyes."""
        return Outside(self.at.bootstrap, self.at.endpoint, self.at.access_key, self.at.secret_key)

    @contextmanager
    def worker(self, *program: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
        """A process that has said ``ready``; drained at the end."""
        with self.beside(*(program or WORKER), **settings) as started:
            assert started.stdout and started.stdout.readline() == "ready\n", "see the log of the worker"
            yield started

    @contextmanager
    def beside(self, *program: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
        """Any Python program of ours, until SIGTERM."""
        log = (self.folder / f"{program[-1].replace('/', '-')}.err").open("a")
        started = subprocess.Popen(
            [sys.executable, *program], env=self.settings | settings, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            yield started
        finally:
            started.terminate()
            started.wait(60)
            log.close()
            if started.stdout:
                started.stdout.close()

    def init(self, **settings: str) -> None:
        """Topics and buckets."""
        command = [sys.executable, "-m", "streams", "init"]
        subprocess.run(command, env=self.settings | settings, check=True, stdout=subprocess.DEVNULL)

    def ends(self) -> dict[str, End]:
        """Key of an upload → its end, where it has one."""
        found = {}
        for line in self.outside.kcat("media.jobs", "%T\t%s\n"):
            stamp, _, value = line.partition("\t")
            told = json.loads(value) if value else {}
            if told.get("state") in ENDED:
                code = (told.get("error") or {}).get("code", "")
                found.setdefault(told["source"].get("key", ""), End(told["job"], told["state"], code, int(stamp) / 1e3))
        return found

    def wait(self, keys: Collection[str], seconds: float) -> dict[str, End]:
        """The ends of these uploads; those that did not come in time are left out."""
        until, wanted = time.monotonic() + seconds, set(keys)
        while not wanted <= (there := self.ends()).keys() and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        return {key: end for key, end in there.items() if key in wanted}

    def hush(self, silent: bool) -> None:
        """Whether the store tells nobody of uploads."""
        client = self.outside.s3
        made = [
            {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Id": f"uploads-{at}"} for at, arn in enumerate(ARNS)
        ]
        told = {} if silent else {"QueueConfigurations": made}
        client.put_bucket_notification_configuration(Bucket="uploads", NotificationConfiguration=told)

    def cpu(self) -> dict[str, float]:
        """Seconds of processor that broker and store have used."""
        return {each.name: _used(each.pid) for each in services.status(self.services) if each.pid}


def _used(pid: int) -> float:
    times: Any = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@contextmanager
def opened(**settings: str) -> Iterator[House]:
    """Broker and store of its own, topics and buckets made."""
    with TemporaryDirectory(prefix="delivery-") as folder:
        state = Path(folder) / "services"
        at = services.up(state, kafka_port=free_port(), minio_port=free_port())
        ours = environment(at.settings()) | {"CHALKSTREAM_STATE": str(Path(folder) / "state")}
        ours |= {"CHALKSTREAM_ENGINES__WORKERS": "2", **settings}
        try:
            house = House(Path(folder), at, ours)
            house.init()
            yield house
        finally:
            services.down(state)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000 * len(ordered)) // 1000) - 1))]
