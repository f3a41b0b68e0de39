"""The command line as a person has it: a process, its streams, its exit code."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LECTURE = ROOT / "demo" / "sample" / "lecture.mp4"


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background, and every child would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Done:
    """How it ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """What ``--json`` said."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error_lines(self) -> list[str]:
        """The lines that say what is wrong."""
        return [line for line in self.err.splitlines() if line.startswith("error: ")]


def environment(**changed: str) -> dict[str, str]:
    """The test's own, less our settings and colours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHALKSTREAM_")}
    return {**kept, "NO_COLOR": "1", **changed}


def command(*words: str | Path) -> list[str]:
    """The console script's own module, so that no PATH is needed."""
    return [sys.executable, "-m", "streams", *map(str, words)]


def chalkstream(*words: str | Path, timeout: float = 180, **changed: str) -> Done:
    """Run to the end."""
    done = subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=ROOT,
        env=environment(**changed),
    )
    return Done(done.returncode, done.stdout, done.stderr)


def started(*words: str | Path, **changed: str) -> "subprocess.Popen[str]":
    """Start and go on."""
    return subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment(**changed)
    )
