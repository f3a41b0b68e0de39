"""What code that took over a decoder could do next: without the filter it can, with it it can't."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from infra.decode.seccomp import CALLS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in CALLS, reason="system calls are filtered on Linux only"
)
ROOT = Path(__file__).resolve().parents[2]
INTRUDER = """
import ctypes, os, socket, sys
sys.path.insert(0, sys.argv[1])
from infra.decode import seccomp
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
if sys.argv[3] == "filtered":
    seccomp.install()

def fork():
    if os.fork() == 0:
        os._exit(0)

for name, act in {
    "open": lambda: os.open("/etc/hostname", os.O_RDONLY), "list": lambda: os.listdir("/"), "socket": socket.socket,
    "signal": lambda: os.kill(os.getppid(), 0), "remove": lambda: os.unlink(sys.argv[2]), "fork": fork,
}.items():
    try:
        act()
    except OSError:
        continue
    os.write(1, name.encode() + b" ")
os._exit(0)
"""


def intrude(how: str, victim: Path) -> set[str]:
    """What could be done."""
    victim.write_text("keep")
    command = [sys.executable, "-I", "-c", INTRUDER, str(ROOT), str(victim), how]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
    return set(done.stdout.decode().split())


def test_a_filtered_process_reaches_nothing(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    assert intrude("filtered", victim) == set()
    assert victim.exists()


def test_an_unfiltered_one_reaches_it(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    assert {"open", "list", "socket", "signal", "remove", "fork"} <= intrude("free", victim)
    assert not victim.exists()
