"""``chalkstream keys``: who may use the gateway. A key is printed once and kept as a hash."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from infra.settings import read
from schemas.errors import BadSettings
from streams.commands.serve import state_of
from streams.gateway import keys
from streams.gateway.keys import RANK, Role


def add(tenant: str, role: str, note: str, *, local: bool, store: Path | None) -> None:
    """Print a new key."""
    settings = read(os.environ, state=store)
    if role not in RANK:
        raise BadSettings(f"--role {role!r} is not known", f"use one of {', '.join(RANK)}")
    if tenant != "default" and tenant not in settings.tenants:
        known = ", ".join(("default", *settings.tenants))
        raise BadSettings(
            f"--tenant {tenant!r} is not declared", f"declare it in CHALKSTREAM_TENANTS; there are {known}"
        )
    now = datetime.now(UTC).isoformat(timespec="seconds")
    sys.stdout.write(keys.mint(state_of(settings, local=local), tenant, cast(Role, role), now=now, note=note) + "\n")
    sys.stderr.write("this is shown once; gateways that run without keys ask for keys from their next start\n")


def show(*, local: bool, store: Path | None) -> None:
    """One line per key: id, tenant, role, when it was made, what for."""
    for each in keys.listed(state_of(read(os.environ, state=store), local=local)):
        note = "".join(letter if letter.isprintable() else "?" for letter in each.note)
        sys.stdout.write(f"{each.id}  {each.tenant:12}  {each.role:6}  {each.created}  {note}".rstrip() + "\n")


def drop(name: str, *, local: bool, store: Path | None) -> None:
    """Within seconds nobody is let in with it."""
    keys.remove(state_of(read(os.environ, state=store), local=local), name)
    sys.stdout.write(f"{name} is removed\n")
