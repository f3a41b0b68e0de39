"""``services up|down|status``: real Kafka and MinIO on loopback for machines without Docker."""

import os
import sys
from pathlib import Path

from infra.local import services
from infra.settings import read


def _place(state: Path | None) -> Path:
    return state or read(os.environ).state / "services"


def services_up(state: Path | None, *, sasl: bool) -> None:
    """Start both; settings on standard output, progress on standard error."""
    endpoints = services.up(_place(state), sasl=sasl, progress=lambda line: print(line, file=sys.stderr, flush=True))
    for name, value in endpoints.settings().items():
        sys.stdout.write(f"{name}={value}\n")


def services_down(state: Path | None) -> None:
    """Stop both."""
    stopped = services.down(_place(state))
    sys.stdout.write(f"stopped {', '.join(stopped) or 'nothing: nothing of ours was running'}\n")


def services_status(state: Path | None) -> int:
    """One line per service; 0 when both are up."""
    found = services.status(_place(state))
    for each in found:
        sys.stdout.write(f"{each.name}: {each.condition}  {each.address or ''}  log {each.log}\n")
    return 0 if all(each.condition == "up" for each in found) else 1
