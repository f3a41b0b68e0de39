"""The health check that docker-compose.yml gives the store, tried on a real one."""

import subprocess
from pathlib import Path

import pytest
import yaml

from infra.local import minio
from infra.local.endpoints import Endpoints
from infra.local.ports import free_port

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())


@pytest.mark.parametrize("alive", [True, False])
def test_the_stores_health_check_tells_alive_from_dead(services: Endpoints, alive: bool) -> None:
    port = services.endpoint.rpartition(":")[2] if alive else str(free_port())
    _, *command = COMPOSE["services"]["minio"]["healthcheck"]["test"]
    asked = [word.replace("$$", "$").replace(f"/{minio.DEFAULT_PORT}", f"/{port}") for word in command]
    done = subprocess.run(asked, capture_output=True, timeout=10)
    assert (done.returncode == 0) == alive
