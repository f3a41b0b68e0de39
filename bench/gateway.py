"""What the gateway costs and bears: ``python -m bench.gateway [--gib 2] [--rounds 3]``. Prints one JSON object.

Services, workers and gateways are its own. Uploads: the same file by a direct PUT in parts (what ``submit`` does) and
by a form through the gateway, taking turns; memory is the gateway's peak above what it had before. First cue: from the
202 to the first ``segment`` on the event stream, sample lecture, demo pack. Crowds: many uploads and listeners at once.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx2 as httpx
import psutil

from infra import s3, uploads
from infra.local import services
from infra.local.ports import free_port
from infra.settings import read
from tests.commands import LECTURE, ROOT, chalkstream, command, environment

CHUNK: Final = 1 << 20
BOUNDARY: Final = "bench"


def main() -> None:
    """See above."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--gib", type=float, default=2.0)
    asked.add_argument("--rounds", type=int, default=3)
    wish = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        try:
            at = services.up(
                state / "services", kafka_port=free_port(), minio_port=free_port(), progress=lambda _: None
            )
            settings = {**at.settings(), "CHALKSTREAM_STATE": folder, "CHALKSTREAM_GATEWAY__RATE": "1000000"}
            assert chalkstream("init", **settings).code == 0
            found = {"large": large(settings, state, int(wish.gib * (1 << 30)), wish.rounds), **small(settings)}
        finally:
            services.down(state / "services")
    print(json.dumps(found, indent=1))


def large(settings: dict[str, str], state: Path, size: int, rounds: int) -> dict[str, Any]:
    """One large file, both ways in turns."""
    path = state / "large.mp4"
    with path.open("wb") as file:
        for _ in range(size // CHUNK):
            file.write(os.urandom(CHUNK))
    client = s3.connect(read(settings).store)
    direct, through, grown = [], [], []
    with running(settings, "serve", "--port", "0") as (process, base):
        asyncio.run(post(base, Path(LECTURE)))
        for number in range(rounds):
            began = time.perf_counter()
            uploads.put_file(client, path, "uploads", f"direct-{number}.mp4", metadata={}, sent=lambda _: None)
            direct.append(time.perf_counter() - began)
            with watched(process.pid) as peak:
                began = time.perf_counter()
                told = asyncio.run(post(base, path))
                through.append(time.perf_counter() - began)
            assert told.status_code == 202, told.text
            grown.append((max(peak) - peak[0]) / (1 << 20))
            forget(client)
    path.unlink()
    return {
        "bytes": size, "direct_s": direct, "gateway_s": through, "memory_mib": grown,
        "speed_ratio": median(one / two for one, two in zip(direct, through, strict=True)),
    }  # fmt: skip


def forget(client: Any) -> None:
    """What was uploaded, so that the disk lasts."""
    for each in client.list_objects_v2(Bucket="uploads").get("Contents", ()):
        client.delete_object(Bucket="uploads", Key=each["Key"])


def small(settings: dict[str, str]) -> dict[str, Any]:
    """What lecturers feel, and crowds."""
    found: dict[str, Any] = {}
    with running(settings, "worker"):
        with running(settings, "serve", "--port", "0") as (process, base):
            found["first_cue_s"] = [asyncio.run(first_cue(base)) for _ in range(6)]
            with watched(process.pid) as peak:
                found["listeners"] = asyncio.run(listeners(base, 200))
            found["listeners"]["memory_mib"] = (max(peak) - peak[0]) / (1 << 20)
        for limit in (64, 8):
            told = {**settings, "CHALKSTREAM_GATEWAY__UPLOADS": str(limit)}
            with running(told, "serve", "--port", "0") as (_, base):
                found[f"uploads_at_once_limit_{limit}"] = asyncio.run(crowd(base, 50))
    return found


async def body(path: Path, fields: dict[str, str]) -> AsyncIterator[bytes]:
    """A form, as it is read."""
    for name, value in fields.items():
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'.encode()
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield data
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


async def post(base: str, path: Path, client: httpx.AsyncClient | None = None) -> httpx.Response:
    """One upload."""
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    async with httpx.AsyncClient(timeout=600) as own:
        return await (client or own).post(
            f"{base}/v1/videos", headers=headers, content=body(path, {"targets": "fr"})
        )  # fmt: skip


async def first_cue(base: str) -> float:
    """Seconds from being accepted to the first cue on the stream."""
    async with httpx.AsyncClient(timeout=120) as client:
        job = (await post(base, Path(LECTURE), client)).json()["job"]
        began = time.perf_counter()
        found = 0.0
        async with client.stream("GET", f"{base}/v1/jobs/{job}/events") as answer:
            async for line in answer.aiter_lines():
                if line == "event: segment" and not found:
                    found = time.perf_counter() - began
        return found


async def listeners(base: str, many: int) -> dict[str, Any]:
    """So many at one job; every one has to hear all of it."""
    limits = httpx.Limits(max_connections=many + 10)
    async with httpx.AsyncClient(timeout=120, limits=limits) as client:
        job = (await post(base, Path(LECTURE), client)).json()["job"]

        async def listen() -> tuple[int, bool]:
            segments, done = 0, False
            async with client.stream("GET", f"{base}/v1/jobs/{job}/events") as answer:
                async for line in answer.aiter_lines():
                    segments += line == "event: segment"
                    done = done or line == "event: done"
            return segments, done

        heard = await asyncio.gather(*(listen() for _ in range(many)))
    return {"many": many, "heard_the_same": len(set(heard)) == 1, "heard": heard[0]}


async def crowd(base: str, many: int) -> dict[str, Any]:
    """So many uploads at once; who is told to wait waits and comes again."""
    first, waited = Counter[int](), Counter[int]()
    limits = httpx.Limits(max_connections=many)
    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=300, limits=limits) as client:

        async def one() -> str:
            told = await post(base, Path(LECTURE), client)
            first[told.status_code] += 1
            while told.status_code == 429:
                waited[int(told.headers["retry-after"])] += 1
                await asyncio.sleep(int(told.headers["retry-after"]))
                told = await post(base, Path(LECTURE), client)
            assert told.status_code == 202, told.text
            return str(told.json()["job"])

        jobs = await asyncio.gather(*(one() for _ in range(many)))
        taken = time.perf_counter() - began
        states = Counter([await end(client, base, job) for job in jobs])
    return {
        "first_answers": dict(first), "retried_after": dict(waited), "taken_s": taken, "ended": dict(states),
        "ended_s": time.perf_counter() - began,
    }  # fmt: skip


async def end(client: httpx.AsyncClient, base: str, job: str) -> str:
    """How it ended."""
    while (told := (await client.get(f"{base}/v1/jobs/{job}")).json())["state"] in ("queued", "running"):  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    return str(told["state"])


@contextmanager
def running(settings: dict[str, str], *words: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A process that said it is ready, and its address."""
    process = subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
        env=environment(**settings),
    )  # fmt: skip
    try:
        line = process.stdout.readline() if process.stdout else ""
        assert line.startswith("ready"), line
        yield process, line.removeprefix("ready").strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def watched(pid: int) -> Iterator[list[int]]:
    """Resident bytes, every 20 ms; the first is from before."""
    process, over = psutil.Process(pid), threading.Event()
    found = [process.memory_info().rss]

    def look() -> None:
        while not over.wait(0.02):
            found.append(process.memory_info().rss)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    main()
