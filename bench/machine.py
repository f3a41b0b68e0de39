"""What was measured on: processor, memory, load, versions of what does the work."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("faster-whisper", "ctranslate2", "onnxruntime", "av", "numpy", "tokenizers", "chalkstream")


def facts() -> dict[str, Any]:
    """For the head of the results."""
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _first("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1),
        "load": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
    }


def busy() -> float:
    """Cores in use by others over the last minute, as the kernel counts them."""
    return os.getloadavg()[0]


def _first(path: str, field: str) -> str:
    lines = Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(field)), platform.processor())
