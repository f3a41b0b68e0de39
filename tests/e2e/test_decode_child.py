"""The child is gone when it should be, waits when it should wait, and is ended when it hangs."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from infra.decode import decode, prepare, sandbox_report, serve
from infra.decode.messages import Messages
from infra.files import FileSource
from schemas.errors import Broken, Cancelled, NotFound, Unavailable
from schemas.media import DecodeLimits, DecodeRequest, MediaInfo
from tests.commands import ROOT
from tests.media import Audio, decoded, make, tone

SECONDS = 120
SMALL = DecodeRequest(part_samples=16_000)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes of a hum; small, so that only the pipe can hold the child back."""
    return make(tmp_path_factory.mktemp("child") / "hum.flac", Audio(tone(SECONDS), codec="flac"))


@dataclass
class Source:
    """Bytes, with something done before each read."""

    data: bytes
    before: Callable[[], Any] = lambda: None
    taken: int = 0

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        self.before()
        self.taken += length
        return self.data[offset : offset + length]


def children() -> list[psutil.Process]:
    """Decoders that run for this process."""
    return [child for child in psutil.Process().children() if "infra.decode" in _command(child)]


def _command(child: psutil.Process) -> str:
    """The words it was started with; none of one that is gone or was left unburied by another test."""
    try:
        return " ".join(child.cmdline())
    except psutil.Error:
        return ""


def nothing_left() -> bool:
    """No child, no thread; a moment is given to the thread."""
    for _ in range(50):
        if not children() and not any(thread.name == "decode-reads" for thread in threading.enumerate()):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Each test begins and ends with nothing running."""
    assert nothing_left()
    yield
    assert nothing_left()


def begun(path: Path, **limits: Any) -> Any:
    """A decoder that has given its first part."""
    pieces = decode(Source(path.read_bytes()), SMALL.model_copy(update={"limits": DecodeLimits(**limits)}))
    assert isinstance(next(pieces), MediaInfo) and isinstance(next(pieces), bytes)
    return pieces


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_child_that_dies_is_a_crash(media: Path, how: signal.Signals) -> None:
    pieces = begun(media)
    children()[0].send_signal(how)
    with pytest.raises(Broken) as caught:
        list(pieces)
    assert caught.value.code == "crashed" and how.name in caught.value.message


def test_a_child_that_hangs_is_ended(media: Path) -> None:
    pieces = begun(media, stall_seconds=1.0)
    children()[0].suspend()
    with pytest.raises(Broken) as caught:
        list(pieces)
    assert caught.value.code == "timeout"


def test_a_child_that_computes_too_long_is_ended(media: Path) -> None:
    job = {"size": media.stat().st_size, "max_seconds": 1e6, "memory_bytes": 1 << 30, "cpu_seconds": 1}
    with closing(FileSource(media)) as source, closing(serve.Child().take(source, job)) as child:
        messages = Messages(child, DecodeLimits(), lambda: False)
        with pytest.raises(Broken) as caught:
            for _ in range(1000):
                while messages.take("info", "probed", "clip")[0]["kind"] == "clip":
                    pass
                child.tell({"probe": [0]})
    assert caught.value.code == "timeout"


def test_a_source_that_never_answers_is_unavailable(media: Path) -> None:
    forever = threading.Event()
    source = Source(media.read_bytes(), before=forever.wait)
    with pytest.raises(Unavailable) as caught:
        list(decode(source, DecodeRequest(limits=DecodeLimits(stall_seconds=0.2))))
    assert caught.value.code == "timeout" and not children()
    forever.set()


def test_a_slow_source_is_no_stall(media: Path) -> None:
    """Each read takes longer than a child may do nothing."""
    source = Source(media.read_bytes(), before=lambda: time.sleep(0.4))
    assert decoded(source, limits=DecodeLimits(stall_seconds=0.3)).seconds == SECONDS


def test_a_slow_taker_is_no_stall_and_the_child_waits(media: Path) -> None:
    pieces = begun(media, stall_seconds=0.5)
    child = children()[0]
    time.sleep(0.5)
    before = child.cpu_times().user
    time.sleep(0.7)
    assert child.cpu_times().user - before <= 0.05, "it works though nobody takes"
    assert len([piece for piece in pieces if isinstance(piece, bytes)]) == SECONDS - 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [(OSError(5, "Input/output error"), Unavailable), (NotFound("gone", "bring it back"), NotFound),
     (ValueError("a bug"), Broken)],
)  # fmt: skip
def test_what_the_source_raises_is_what_is_raised(media: Path, error: Exception, kind: type[Exception]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(kind):
        list(decode(Source(media.read_bytes(), before=fail), DecodeRequest()))


def test_cancel(media: Path) -> None:
    wish = threading.Event()
    pieces = decode(Source(media.read_bytes()), SMALL, cancelled=wish.is_set)
    next(pieces), next(pieces)
    wish.set()
    with pytest.raises(Cancelled):
        list(pieces)


def test_cancel_while_the_child_hangs(media: Path) -> None:
    wish = threading.Event()
    pieces = decode(Source(media.read_bytes()), SMALL, cancelled=wish.is_set)
    next(pieces)
    children()[0].suspend()
    threading.Timer(0.3, wish.set).start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        list(pieces)
    assert time.monotonic() - began < 5


def test_close_early(media: Path) -> None:
    begun(media).close()


def test_never_begun_starts_nothing(media: Path) -> None:
    pieces = decode(Source(media.read_bytes()), SMALL)
    assert not children()
    del pieces


def test_the_child_is_gone_before_the_end_is_given(media: Path) -> None:
    pieces = decode(Source(media.read_bytes()), SMALL)
    for piece in pieces:
        if not isinstance(piece, bytes | MediaInfo):
            assert not children()


def test_two_at_once_do_not_mix(media: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "other.flac", Audio(tone(20, 440), codec="flac"))
    alone = decoded(other)
    one = begun(media)
    assert np.array_equal(decoded(other).sound, alone.sound)
    one.close()


def test_no_name_reaches_the_child(media: Path) -> None:
    pieces = begun(media)
    words = " ".join(children()[0].cmdline())
    pieces.close()
    assert media.name not in words and str(media.parent) not in words
    assert set(serve.ENVIRONMENT) == {"LANG", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX"}


ORPHAN = """
import sys, time
from pathlib import Path
from infra.decode import decode
from infra.files import FileSource
from schemas.media import DecodeRequest
pieces = decode(FileSource(Path(sys.argv[1])), DecodeRequest(part_samples=16000))
next(pieces), next(pieces)
print("begun", flush=True)
time.sleep(60)
"""


def test_a_parent_that_is_killed_leaves_no_child(media: Path) -> None:
    command = [sys.executable, "-c", ORPHAN, str(media)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == b"begun\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
    _, alive = psutil.wait_procs([child], timeout=5)
    assert not alive


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have fewer means")
def test_the_report_says_what_is_in_force() -> None:
    found = sandbox_report()
    always = {"no core", "no file written", "no file opened", "memory", "processor", "no new privileges",
              "not traceable", "ends with its parent"}  # fmt: skip
    assert always <= {name for name, state in found.items() if state == "in force"}
    assert {"no network", "system calls"} <= set(found)


def test_a_child_that_was_prepared_takes_the_next_upload_and_one_that_died_does_not(media: Path) -> None:
    prepare()
    ahead = eventually_one()
    with closing(FileSource(media)) as source:
        pieces = decode(source, SMALL)
        next(pieces)
        assert [child.pid for child in children()] == [ahead.pid]
        list(pieces)
        prepare()
        dead = eventually_one()
        dead.kill()
        dead.wait(10)
        assert decoded(source).seconds == SECONDS
    assert not children()


def test_a_process_that_asks_for_it_has_a_child_ahead_after_every_upload(media: Path) -> None:
    program = """
import psutil, sys
from pathlib import Path
from infra.decode import decode, prepare
from infra.files import FileSource
from schemas.media import DecodeRequest

prepare(always=True)
for _ in range(2):
    list(decode(FileSource(Path(sys.argv[1])), DecodeRequest()))
    while not (ahead := psutil.Process().children()):
        pass
    print(len(ahead))
"""
    words = [sys.executable, "-c", program, str(media)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "1\n1\n", done.stderr


def eventually_one() -> psutil.Process:
    """The one child, when it has been started."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if found := children():
            return found[0]
        time.sleep(0.01)
    raise AssertionError("no child was started")


def test_a_child_that_waits_for_an_upload_ends_with_its_parent() -> None:
    program = "import time; from infra.decode import prepare; prepare(); print('up', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "up\n"
        until, waiting = time.monotonic() + 10, list[psutil.Process]()
        while not waiting and time.monotonic() < until:
            waiting = psutil.Process(parent.pid).children()
        parent.kill()
    assert waiting
    gone, _ = psutil.wait_procs(waiting, timeout=10)
    assert gone == waiting
