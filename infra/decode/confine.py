"""The child ties its own hands before it reads the first byte. Linux; elsewhere only the limits that exist there.

Laws: each measure is tried on its own and its outcome reported, none stops the start; after this the process can
open no file, no socket to the outside, and write no file.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

from infra.decode import seccomp

CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE = 1, 38, 4
GRACE_S = 5
"""Seconds from SIGXCPU, which says why the child ended, to SIGKILL."""
NICENESS = 10
"""Decoding takes what recognition leaves: what people wait for is the first cue, at any length."""
OPEN_FILES = 3
"""Standard input (reads), output (messages) and error: there is no fourth."""


def confine(memory_bytes: int, cpu_seconds: int) -> dict[str, str]:
    """Set every limit; what is in force, by name."""
    done = {
        "no network": _call(_no_network),
        "ends with its parent": _call(lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)),
        "no new privileges": _call(lambda: _prctl(PR_SET_NO_NEW_PRIVS, 1)),
        "not traceable": _call(lambda: _prctl(PR_SET_DUMPABLE, 0)),
        "yields to recognition": _call(_yield),
    }
    limits = {"no core": ("CORE", 0), "no file written": ("FSIZE", 0), "no file opened": ("NOFILE", OPEN_FILES),
              "memory": ("AS", memory_bytes), "processor": ("CPU", cpu_seconds)}  # fmt: skip
    for name, (kind, most) in limits.items():
        done[name] = _call(lambda kind=kind, most=most: _limit(kind, most))
    return done | {"system calls": _call(seccomp.install)}


def _call(measure: object) -> str:
    try:
        measure()  # type: ignore[operator]
    except (OSError, ValueError, AttributeError) as error:
        return f"refused: {error}"
    return "in force"


def _yield() -> None:
    """Nice counts within a session only where the kernel groups by session (autogroup), so the group yields too."""
    os.nice(NICENESS)
    with contextlib.suppress(FileNotFoundError), Path("/proc/self/autogroup").open("w") as file:
        file.write(str(NICENESS))


def _limit(kind: str, most: int) -> None:
    number, grace = getattr(resource, f"RLIMIT_{kind}"), GRACE_S if kind == "CPU" else 0
    hard = resource.getrlimit(number)[1]
    most = most if hard == resource.RLIM_INFINITY else max(0, min(most, hard - grace))
    resource.setrlimit(number, (most, most + grace))


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        raise OSError("only on Linux")
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(os.strerror(ctypes.get_errno()))


def _no_network() -> None:
    """A network namespace with nothing in it; a plain user needs a user namespace around it."""
    if sys.platform != "linux":
        raise OSError("only on Linux")
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(OSError):
        if libc.unshare(CLONE_NEWNET) == 0:
            return
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        raise OSError(os.strerror(ctypes.get_errno()))
