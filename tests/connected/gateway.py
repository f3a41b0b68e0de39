"""A gateway as others meet it: a process of its own, and a plain HTTP client."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.commands import ROOT, command, environment

ENDED = ("done", "partial", "failed", "cancelled")


@contextmanager
def serving(settings: Mapping[str, str], *words: str, **changed: str) -> Iterator[str]:
    """Its address; drained at the end."""
    log = Path(settings["CHALKSTREAM_STATE"]) / f"gateway-{time.monotonic_ns()}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as errors:
        process = subprocess.Popen(
            command("serve", "--port", "0", *words), stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT,
            env=environment(**{**settings, **changed}),
        )  # fmt: skip
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("ready "), log.read_text()
        yield line.split()[1]
        assert process.poll() is None, log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text()
        assert process.stdout
        process.stdout.close()
    assert "Traceback" not in log.read_text()


def client(base: str, key: str = "") -> httpx.Client:
    """With a key, if there is one."""
    return httpx.Client(base_url=base, timeout=60, headers={"Authorization": f"Bearer {key}"} if key else {})


def address(at: httpx.Client) -> str:
    """Of the gateway, without a slash at its end."""
    return str(at.base_url).rstrip("/")


def upload(to: httpx.Client, data: bytes, name: str = "talk.wav", **fields: str) -> dict[str, Any]:
    """The job of an upload that was taken."""
    told = to.post("/v1/videos", data=fields, files={"file": (name, data)})
    assert told.status_code == 202, told.text
    job: dict[str, Any] = told.json()
    return job


Heard = tuple[str, dict[str, Any], str]


def events(at: httpx.Client, job: str, last: str = "") -> Iterator[Heard]:
    """Name, data and id, one by one, to the end of the stream."""
    headers = {"Last-Event-ID": last} if last else {}
    with at.stream("GET", f"/v1/jobs/{job}/events", headers=headers) as answer:
        assert answer.status_code == 200
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                yield fields["event"], json.loads(fields["data"]), fields.get("id", "")
                fields = {}


def ended(at: httpx.Client, job: str) -> dict[str, Any]:
    """The job at its end."""
    for name, data, _ in events(at, job):
        if name == "done":
            return data
    raise AssertionError("the stream ended before the job")
