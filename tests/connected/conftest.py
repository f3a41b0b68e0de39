"""Real Kafka and MinIO for every connected test: started once per session, in a folder of the session's own.

A test gets ``services`` (where they answer) and, if it breaks them on purpose, ``services_state`` (for
``infra.local.services.kill`` and ``start``); it leaves both running. Where a tool is missing these tests are
skipped and say so; under CI=true they fail instead.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import provision
from infra.local import services as local
from infra.local.endpoints import Endpoints
from infra.local.ports import free_port
from schemas.errors import Unavailable


def require_tools() -> None:
    """Skip with the reason where the services can't be built; never under CI=true."""
    try:
        for name in provision.needed(local.default_cache()):
            provision.tool(name)
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


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
