"""API keys: ``ck_<id>_<secret>``, kept as a hash per key in the bucket ``state``; a key is a tenant with a role.

The secret has 256 random bits, so a plain SHA-256 tells nothing about it. A removed key is refused within seconds
everywhere: what is remembered here is remembered for ``TRUST_SECONDS``.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from infra.state import State
from schemas.base import Model, to_bytes
from schemas.errors import BadInput

Role = Literal["viewer", "member", "admin"]
RANK: Final = {role: rank for rank, role in enumerate(get_args(Role))}
SHAPE: Final = re.compile(r"ck_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
FOLDER: Final = "keys/"
TRUST_SECONDS: Final = 5.0
REMEMBERED: Final = 4_096


class KeyRecord(Model):
    """A key at rest."""

    id: str
    tenant: str
    role: Role
    hash: str
    created: str
    note: str = ""


@dataclass(frozen=True)
class Caller:
    """Who asks. ``key`` is the id of a key; empty where none is asked for."""

    tenant: str
    role: Role
    key: str = ""

    def may(self, role: Role) -> bool:
        """Whether the role suffices."""
        return RANK[self.role] >= RANK[role]


def mint(state: State, tenant: str, role: Role, *, now: str, note: str = "") -> str:
    """A new key, told this once."""
    name, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = f"ck_{name}_{secret}"
    record = KeyRecord(id=name, tenant=tenant, role=role, hash=digest(key), created=now, note=note)
    state.create(FOLDER + name, to_bytes(record))
    return key


def digest(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def listed(state: State) -> Iterator[KeyRecord]:
    """All keys."""
    for name in state.names(FOLDER):
        if (kept := state.get(name)) is not None:
            yield KeyRecord.model_validate_json(kept.data)


def remove(state: State, name: str) -> None:
    """Raises BadInput("not_found")."""
    if not re.fullmatch(r"[0-9a-f]{12}", name) or state.get(FOLDER + name) is None:
        raise BadInput("not_found", "there is no such key", "see 'chalkstream keys list'")
    state.remove(FOLDER + name)


@dataclass
class Keyring:
    """Answers who holds a key; asks the state seldom. Called on worker threads."""

    state: State
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, KeyRecord | None]] = field(default_factory=dict)

    def holder(self, key: str) -> Caller | None:
        """Who holds ``key``, if anybody does."""
        found = SHAPE.fullmatch(key)
        record = self.record(found[1]) if found else None
        if record is None or not hmac.compare_digest(record.hash, digest(key)):
            return None
        return Caller(record.tenant, record.role, record.id)

    def record(self, name: str) -> KeyRecord | None:
        """The key called ``name``, as it stood a moment ago."""
        now = self.clock()
        until, record = self._known.get(name, (0.0, None))
        if now < until:
            return record
        kept = self.state.get(FOLDER + name)
        record = KeyRecord.model_validate_json(kept.data) if kept else None
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[name] = (now + TRUST_SECONDS, record)
        return record
