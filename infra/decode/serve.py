"""The child as the parent holds it: started by a thread that then answers its reads, and ended for sure.

Laws: the thread that starts the child lives as long as it (the kernel ties the child to that thread); the child's
environment and arguments carry nothing about the media; no child outlives ``close``, and one that waits for its
upload ends with the channel, so with this process.
"""

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from infra.decode import framing
from infra.decode.window import Readable, Window

START = "import sys; sys.path[:0] = sys.argv[1:]; from infra.decode.child import main; main()"
ENVIRONMENT = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
JOIN_S, START_S = 5.0, 10.0
"""Seconds: for a thread to end, and for an interpreter to start on a busy machine before time counts against it."""


def _library(name: str) -> str:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {name} is not installed")
    return str(Path(spec.origin).parents[1])


def command() -> list[str]:
    """The child's command line: an interpreter that sees its standard library, this package, av and numpy."""
    paths = dict.fromkeys([str(Path(__file__).parents[2]), _library("av"), _library("numpy")])
    return [sys.executable, "-I", "-S", "-c", START, *paths]


class Child:
    """A running child. ``messages`` is the pipe's file number; ``failure`` what went wrong on our side of it."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.reading_since: float | None = None
        self.served_at = 0.0
        self._upload: tuple[Readable, dict[str, Any]] | None = None
        self._channel, self._theirs = socket.socketpair()
        self.messages, self._write_end = os.pipe()
        self._started, self._taken = threading.Event(), threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="decode-reads", daemon=True)
        self._thread.start()

    def take(self, source: Readable, job: dict[str, Any]) -> "Child":
        """Give it its one upload."""
        self._started.wait()
        self.served_at = time.monotonic() + START_S
        self._upload = (source, job)
        self._taken.set()
        return self

    @property
    def alive(self) -> bool:
        """Whether it may still take an upload."""
        self._started.wait()
        return self._process is not None and self._process.poll() is None

    def _run(self) -> None:
        try:
            self._start()
        except OSError as error:
            from schemas.errors import Unavailable

            self.failure = Unavailable(f"the decoder can't be started: {error.strerror}")
        finally:
            self._theirs.close()
            os.close(self._write_end)
            self._started.set()
        self._taken.wait()
        if self._process is not None and self._upload is not None:
            self._serve(*self._upload)

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            command(), stdin=self._theirs.fileno(), stdout=self._write_end, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
            cwd="/", start_new_session=True,
        )  # fmt: skip

    def _serve(self, source: Readable, job: dict[str, Any]) -> None:
        window = Window(source)
        self.tell(job)
        try:
            while asked := self._receive(framing.READ.size):
                self._channel.sendall(self._answer(window, source.size, asked))
        except framing.Malformed as error:
            self.failure = error
        except OSError:
            return  # the child is gone, or we closed the channel: the other side of the session says why

    def _answer(self, window: Window, size: int, asked: bytes) -> bytes:
        offset, length = framing.read_request(asked, size)
        self.reading_since = time.monotonic()
        try:
            data = window.read(offset, length)
        except Exception as error:
            self.failure = error
            return framing.COUNT.pack(framing.FAILED)
        finally:
            self.reading_since, self.served_at = None, time.monotonic()
        return framing.COUNT.pack(len(data)) + data

    def _receive(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            more = self._channel.recv(count - len(data))
            if not more:
                return b""
            data += more
        return bytes(data)

    def tell(self, what: dict[str, Any]) -> None:
        """Say something to a child that waits for it (it reads nothing meanwhile). A dead child hears nothing."""
        text = json.dumps(what).encode()
        with contextlib.suppress(OSError):
            self._channel.sendall(framing.COUNT.pack(len(text)) + text)

    def wait(self) -> int:
        """The exit status of a child that closed its messages."""
        if self._process is None:
            return 0
        try:
            return self._process.wait(timeout=JOIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def close(self) -> None:
        """End the child and the thread. A read that never returns keeps its (daemon) thread, nothing else."""
        self._started.wait()
        self._taken.set()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        os.close(self.messages)
        self._channel.shutdown(socket.SHUT_RDWR)
        if self.reading_since is None:
            self._thread.join(JOIN_S)
        self._channel.close()
        if self._upload is not None and _always.is_set() and _ahead.empty():
            prepare()


_ahead: SimpleQueue[Child] = SimpleQueue()
_always = threading.Event()


def prepare(*, always: bool = False) -> None:
    """Start the child of the next upload now: an interpreter with av and numpy takes a third of a second.

    ``always``: and one more whenever one has done its work.
    """
    if always:
        _always.set()
    _ahead.put(Child())


def child(source: Readable, job: dict[str, Any]) -> Child:
    """A child with its upload; one that was prepared, if it still lives."""
    with contextlib.suppress(Empty):
        while True:
            prepared = _ahead.get_nowait()
            if prepared.alive:
                return prepared.take(source, job)
            prepared.close()
    return Child().take(source, job)
