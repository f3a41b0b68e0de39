"""A decoder that crashes or hangs takes its own file down: typed, and no other file. Without the child it takes all."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.commands import ROOT, chalkstream, environment, started
from tests.media import Audio, make, speech, tone

Hurt = Callable[[psutil.Process], None]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file under which every decoder goes down: the test sees to that, from outside."""
    return make(tmp_path_factory.mktemp("bad") / "bad.flac", Audio(tone(60), codec="flac"))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("good") / "good.flac", Audio(speech(8), codec="flac"))


def sent(how: signal.Signals) -> Hurt:
    """A signal as the kernel sends it to who crashes; one that was stopped goes on to meet it."""

    def hurt(process: psutil.Process) -> None:
        process.send_signal(how)
        process.resume()

    return hurt


def decoders(run: psutil.Process) -> list[psutil.Process]:
    """The children that decode."""
    return [child for child in run.children() if any("infra.decode" in word for word in child.cmdline())]


def under(run: psutil.Process, path: Path) -> bool:
    """Whether the run has this file open."""
    return any(Path(file.path) == path for file in run.open_files())


def hunted(run: "subprocess.Popen[str]", path: Path, hurt: Hurt) -> int:
    """Until the run ends, hurt every decoder that has this file; how many had. One that has no file yet is held."""
    process, hit, spared, first = psutil.Process(run.pid), set[int](), set[int](), None
    while run.poll() is None:
        try:
            for child in decoders(process):
                if child.pid in hit | spared:
                    continue
                child.suspend()
                first = first or child.pid
                if under(process, path):
                    hit.add(child.pid)
                    hurt(child)
                elif child.pid != first:
                    spared.add(child.pid)
                    child.resume()
        except psutil.NoSuchProcess:
            continue
        time.sleep(0.005)
    return len(hit)


@pytest.mark.parametrize(
    ("hurt", "code"),
    [
        pytest.param(sent(signal.SIGSEGV), "crashed", id="segfault"),
        pytest.param(sent(signal.SIGKILL), "crashed", id="out-of-memory"),
        pytest.param(sent(signal.SIGXCPU), "timeout", id="endless-loop"),
        pytest.param(psutil.Process.suspend, "timeout", id="hang", marks=pytest.mark.slow),
    ],
)
def test_it_ends_its_own_file_alone(bad: Path, good: Path, tmp_path: Path, hurt: Hurt, code: str) -> None:
    words = ("--source-language", "en", "--out", tmp_path / "out", "--store", tmp_path / "store")
    with started("run", bad, good, *words) as run:
        times = hunted(run, bad, hurt)
        _, err = run.communicate()
    assert run.returncode == 1, err
    assert times in (2, 3), "tried twice; a decoder that dies before it is given anything is no try"
    (said,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert said.startswith(f"error: {code}: 'bad.flac': ") and "Traceback" not in err
    assert (tmp_path / "out" / "good.en.srt").stat().st_size > 50
    again = chalkstream("run", bad, good, *words)
    assert again.code == 0, "nothing of it sticks to the file"


UNPROTECTED = """
import sys
from faster_whisper.audio import decode_audio
for path in sys.argv[1:]:
    print(path, flush=True)
    file = open(path, "rb")
    sys.stdin.readline()
    print(len(decode_audio(file)), flush=True)
"""


@contextmanager
def unprotected(*paths: Path) -> Iterator[Any]:
    """A script that decodes one file after the other in its own process, once it is told to."""
    program = [sys.executable, "-c", UNPROTECTED, *map(str, paths)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(program, cwd=ROOT, env=environment(), **pipes) as run:  # type: ignore[call-overload]
        try:
            yield run
        finally:
            run.kill()


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL, signal.SIGXCPU])
def test_unprotected_a_crash_takes_the_good_file_along(bad: Path, good: Path, how: signal.Signals) -> None:
    with unprotected(bad, good) as run:
        assert run.stdout.readline() == f"{bad}\n"
        sent(how)(psutil.Process(run.pid))
        out, _ = run.communicate("\n\n")
    assert run.returncode == -how and out == ""


def test_unprotected_a_hang_is_for_ever(bad: Path, good: Path) -> None:
    with unprotected(bad, good) as run:
        assert run.stdout.readline() == f"{bad}\n"
        psutil.Process(run.pid).suspend()
        with pytest.raises(subprocess.TimeoutExpired):
            run.communicate("\n\n", timeout=3)
