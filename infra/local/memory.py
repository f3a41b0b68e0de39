"""What a state folder remembers between two ``up``: ports, secrets, the cluster's id.

Written before anything starts, whole or not at all, readable by its owner only. Secrets are made here once.
"""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.local.endpoints import Endpoints, SaslListener
from infra.local.ports import HOST
from schemas.errors import BadSettings

FILE = "services.json"


@dataclass(frozen=True)
class Memory:
    """One installation. Ports are on loopback; ``sasl_port`` is None until a SASL listener is asked for."""

    cluster_id: str
    access_key: str
    secret_key: str = field(repr=False)
    sasl_username: str
    sasl_password: str = field(repr=False)
    kafka_port: int = 0
    controller_port: int = 0
    minio_port: int = 0
    sasl_port: int | None = None

    def address(self, service: str) -> str:
        """Where a client finds that service."""
        return {"kafka": f"{HOST}:{self.kafka_port}", "minio": f"http://{HOST}:{self.minio_port}"}[service]

    def endpoints(self) -> Endpoints:
        """The same, as a client wants it."""
        sasl = None
        if self.sasl_port is not None:
            sasl = SaslListener(f"{HOST}:{self.sasl_port}", self.sasl_username, self.sasl_password)
        return Endpoints(
            bootstrap=self.address("kafka"),
            endpoint=self.address("minio"),
            access_key=self.access_key,
            secret_key=self.secret_key,
            sasl=sasl,
        )


def fresh() -> Memory:
    """A first memory: new secrets (hex: they stand in properties and shells without quoting), no ports yet."""
    return Memory(
        cluster_id=_cluster_id(),
        access_key="chalkstream",
        secret_key=secrets.token_hex(),
        sasl_username="chalkstream",
        sasl_password=secrets.token_hex(),
    )


def _cluster_id() -> str:
    """22 URL-safe base64 characters; the first byte is 0, or an id could begin with a dash and look like an option."""
    return base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().rstrip("=")


def load(state: Path) -> Memory | None:
    """What was remembered; None if nothing was."""
    try:
        return Memory(**json.loads((state / FILE).read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        remedy = "take the services down, remove that folder, and start again"
        raise BadSettings(f"{state / FILE} cannot be read: {error}", remedy) from error


def save(state: Path, memory: Memory) -> None:
    """Remember ``memory``, readable by its owner only."""
    write_private(state / FILE, json.dumps(asdict(memory), indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; mode 0600 from its first byte on."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
