"""Real Kafka and MinIO for every connected test: started once per session, in a folder of the session's own.

A test gets ``services`` (where they answer) and, if it breaks them on purpose, ``services_state`` (for
``infra.local.services.kill`` and ``start``); it leaves both running. Where a tool is missing these tests are
skipped and say so; under CI=true they fail instead.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local import provision
from infra.local import services as local
from infra.local.endpoints import Endpoints
from infra.local.ports import free_port
from schemas.errors import Unavailable
from tests.commands import ROOT, command, environment
from tests.connected.site import TENANTS, Site
from tests.needs import lack


def require_tools() -> None:
    """What the services are built with."""
    try:
        for name in provision.needed(local.default_cache()):
            provision.tool(name)
    except Unavailable as error:
        lack(str(error))


def say(line: str) -> None:
    """Progress of a first build goes to pytest's captured output."""
    print(line)


@pytest.fixture(scope="session")
def services_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of the session's services."""
    return tmp_path_factory.mktemp("services")


@pytest.fixture(scope="session")
def services(services_state: Path) -> Iterator[Endpoints]:
    """Both services, with a SASL listener too; ports nobody else guesses, so that a user's own stay alone."""
    require_tools()
    try:
        yield local.up(services_state, kafka_port=free_port(), minio_port=free_port(), sasl=True, progress=say)
    finally:
        local.down(services_state)


@pytest.fixture(scope="session")
def site(services: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """``init`` done and one worker with all stages, shared by every test that does not break it."""
    settings = {"CHALKSTREAM_STATE": str(tmp_path_factory.mktemp("state")), "CHALKSTREAM_TENANTS": json.dumps(TENANTS)}
    there = Site(services, {**services.settings(), **settings})
    assert there.command("init").code == 0
    with working(there) as worker:
        yield there
        assert worker.poll() is None, "the worker ended while it was needed"


@contextmanager
def working(there: Site, *words: str, **changed: str) -> Iterator["subprocess.Popen[str]"]:
    """A worker that is ready; drained at the end."""
    log = Path(there.environment["CHALKSTREAM_STATE"]) / f"worker-{time.monotonic_ns()}.log"
    with log.open("w") as errors:
        worker = subprocess.Popen(
            command("worker", *words), stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT,
            env=environment(**{**there.environment, **changed}),
        )  # fmt: skip
    try:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n", log.read_text()
        yield worker
    finally:
        worker.terminate()
        worker.wait(60)
        assert worker.stdout
        worker.stdout.close()


@contextmanager
def installation(folder: Path, *, init: bool = True) -> Iterator[Site]:
    """Services of this test alone; ``folder / "services"`` is their state."""
    require_tools()
    try:
        at = local.up(folder / "services", kafka_port=free_port(), minio_port=free_port(), sasl=True, progress=say)
        site = Site(at, {**at.settings(), "CHALKSTREAM_STATE": str(folder / "state")})
        (folder / "state").mkdir()
        assert not init or site.command("init").code == 0
        yield site
    finally:
        local.down(folder / "services")
