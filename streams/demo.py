"""``make demo-kafka``: Kafka, MinIO, a worker; one lecture put there by a plain S3 client, and its files brought back.

Everything it starts is stopped again, also after Ctrl-C; its data stands in a folder of its own that goes with it.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from infra import s3
from infra.buckets import UPLOADS
from infra.local import services
from infra.settings import Settings, read
from schemas.errors import ChalkstreamError, Unavailable
from schemas.plan import Options, Source, job_id
from streams import logs
from streams.commands.delivery import need_writable
from streams.commands.reach import Reach
from streams.commands.submit import wait_for

DRAIN_SECONDS = 60


def say(line: str) -> None:
    """What is being done, for a person who looks on."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def demo(video: Path, to: str, out: Path) -> int:
    """The exit code of the job."""
    need_writable(out)
    with tempfile.TemporaryDirectory(prefix="chalkstream-demo-") as folder, _services(Path(folder)) as told:
        environment = {**os.environ, **told, "CHALKSTREAM_STATE": folder}
        settings = read(environment)
        say("init: topics, buckets, notifications")
        subprocess.run(_command("init"), env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
        with _worker(environment, Path(folder) / "worker.log"):
            code = wait_for(_reach(settings), put(settings, video, to), out)
        say("\n".join(f"  {path}" for path in sorted(out.glob(f"{video.stem}.*"))))
        return code


def put(settings: Settings, video: Path, to: str) -> str:
    """What any S3 client does: an object with user metadata. The job follows from what the store answers."""
    say(f"put {video.name} into the bucket {UPLOADS}, targets {to}")
    metadata = {"targets": to}
    client = s3.connect(settings.store)
    with video.open("rb") as file:
        answer = client.put_object(Bucket=UPLOADS, Key=video.name, Body=file, Metadata=metadata)
    source = Source(bucket=UPLOADS, key=video.name, etag=answer["ETag"].strip('"'), size=video.stat().st_size)
    return job_id(source, Options(targets=tuple(to.split(","))))


def _reach(settings: Settings) -> Reach:
    client = s3.connect(settings.store)
    return Reach(settings, client, s3.S3Store(client))


@contextmanager
def _services(folder: Path) -> Iterator[Mapping[str, str]]:
    """Both services for as long as they are needed; their settings."""
    try:
        say("services up: Kafka and MinIO (the first time they are built, which takes some minutes)")
        yield services.up(folder / "services", progress=say).settings()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # stopping is not to be stopped half-way
        stopped = services.down(folder / "services")
        say(f"services down: {', '.join(stopped) or 'nothing was running'}")


@contextmanager
def _worker(environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """All stages in one process, ready; drained at the end. In a session of its own, so that Ctrl-C reaches only us."""
    say("worker: all stages")
    with log.open("wb") as errors:
        worker = subprocess.Popen(  # noqa: S603 - ours
            _command("worker"), env=dict(environment), stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
    try:
        if worker.stdout is None or worker.stdout.readline() != b"ready\n":
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise Unavailable(f"the worker did not start: {' '.join(last)}", "see 'chalkstream doctor'")
        yield
    finally:
        worker.terminate()
        worker.wait(DRAIN_SECONDS)


def _command(word: str) -> list[str]:
    return [sys.executable, "-m", "streams", word]


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """``python -m streams.demo VIDEO TO OUT``."""
    logs.for_people()
    signal.signal(signal.SIGTERM, _interrupted)
    video, to, out = (*sys.argv[1:4], *("demo/sample/lecture.mp4", "fr,es,de", "out")[len(sys.argv[1:4]) :])
    try:
        sys.exit(demo(Path(video), to, Path(out)))
    except ChalkstreamError as error:
        say(f"error: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("error: cancelled: interrupted - all that was started has been stopped")
        sys.exit(130)


if __name__ == "__main__":
    main()
