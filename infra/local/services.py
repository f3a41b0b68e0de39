"""Both services together: up, down, status, and one at a time for tests that break them on purpose.

STATE/services.json   ports and secrets (0600)
STATE/kafka, minio    each: data, log, what was started (pid.json); MinIO also its queue of unsent events
"""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from infra.local import daemon, kafka, memory, minio, ports, provision
from infra.local.daemon import Service
from infra.local.endpoints import Condition, Endpoints, ServiceStatus
from infra.local.lock import hold
from infra.local.memory import Memory
from infra.local.plan import plan
from infra.local.provision import Programs, Progress, silent
from schemas.errors import BadSettings

NAMES = ("kafka", "minio")
T = TypeVar("T")
R = TypeVar("R")


def default_cache() -> Path:
    """Where the programs are kept: per user, outside any checkout."""
    return Path.home() / ".cache" / "chalkstream" / "services"


def up(
    state: Path,
    cache: Path | None = None,
    *,
    kafka_port: int | None = None,
    minio_port: int | None = None,
    sasl: bool = False,
    progress: Progress = silent,
) -> Endpoints:
    """Return when both answer. Repairs what is half up; leaves alone what already is as wanted.

    A port named here must be free; one not named is the remembered, else the usual, else any free one.
    A SASL listener, once asked for, stays. Raises BadSettings or Unavailable (a tool, a port, a start).
    """
    with _alone(state, progress):
        programs = provision.programs(cache or default_cache(), progress)
        remembered = _remember(state, kafka_port, minio_port, sasl)
        _both(daemon.ensure, _services(state, remembered, programs).values())
        return remembered.endpoints()


def down(state: Path, *, progress: Progress = silent) -> list[str]:
    """Stop what ``up`` started for this state, and nothing else; the names of what was stopped. Data stays."""
    if not state.exists():
        return []
    with _alone(state, progress):
        stopped = _both(daemon.halt, [_home(state, name) for name in NAMES])
        return [name for name, did in zip(NAMES, stopped, strict=True) if did]


def status(state: Path) -> list[ServiceStatus]:
    """How each service is now; asks it, changes nothing."""
    remembered = memory.load(state)
    return [_status(_home(state, name), remembered) for name in NAMES]


def endpoints(state: Path) -> Endpoints | None:
    """What the last ``up`` answered; None before the first."""
    remembered = memory.load(state)
    return remembered.endpoints() if remembered else None


def kill(state: Path, name: str, number: signal.Signals = signal.SIGKILL) -> bool:
    """Signal one service without manners; False if it was not running."""
    return daemon.strike(_home(state, name), number)


def start(state: Path, name: str, cache: Path | None = None, *, progress: Progress = silent) -> None:
    """Start one service of a state that was up before, on its old ports; returns when it answers."""
    home = _home(state, name)
    with _alone(state, progress):
        remembered = memory.load(state)
        if remembered is None:
            raise BadSettings(f"{state} holds no services", "run services up first")
        programs = provision.programs(cache or default_cache(), progress)
        daemon.ensure(_services(state, remembered, programs)[home.name])


def _home(state: Path, name: str) -> Path:
    if name not in NAMES:
        raise BadSettings(f"there is no service '{name}'", f"name one of {', '.join(NAMES)}")
    return state.absolute() / name


@contextmanager
def _alone(state: Path, progress: Progress) -> Iterator[None]:
    with hold(state / "lock", lambda: progress(f"another process is at work on {state}; waiting for it")):
        yield


def _remember(state: Path, kafka_port: int | None, minio_port: int | None, sasl: bool) -> Memory:
    """Decide, and write the decision down before anything starts."""
    old = memory.load(state)
    running = [name for name in NAMES if daemon.running(_home(state, name))]
    new = plan(old, running, ports.free_port, kafka_port=kafka_port, minio_port=minio_port, sasl=sasl)
    if new != old:
        memory.save(state, new)
    return new


def _services(state: Path, remembered: Memory, programs: Programs) -> dict[str, Service]:
    return {
        "kafka": kafka.service(programs.java, programs.jars, remembered, _home(state, "kafka")),
        "minio": minio.service(programs.minio, remembered, _home(state, "minio")),
    }


def _status(home: Path, remembered: Memory | None) -> ServiceStatus:
    found = daemon.running(home)
    address = remembered.address(home.name) if remembered else None
    answers = {"kafka": kafka.answers, "minio": minio.answers}[home.name]
    serves = found is not None and remembered is not None and answers(remembered)
    condition: Condition = "up" if serves else "silent" if found else "down"
    return ServiceStatus(home.name, condition, found[0].pid if found else None, address, str(daemon.log_of(home)))


def _both(act: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """At the same time; both are waited for, then the first error is raised."""
    with ThreadPoolExecutor() as pool:
        return [done.result() for done in [pool.submit(act, item) for item in items]]
