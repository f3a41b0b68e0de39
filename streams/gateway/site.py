"""What every route has at hand, and who asks: made once per process, given to routes as dependencies."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from infra.settings import Settings
from infra.state import State
from processors.planning import Abilities
from streams.gateway.backend import Backend
from streams.gateway.keys import Caller, Keyring, Role
from streams.gateway.limits import Limits
from streams.gateway.problems import Refused
from streams.gateway.secret import Signer
from streams.gateway.tapes import Tapes
from streams.gateway.views import Views

COOKIE: Final = "chalkstream"
SESSION: Final = "session"
OPEN: Final = Caller("default", "admin")


@dataclass
class Site:
    """One per process. ``open``: no keys are asked for (loopback without any key)."""

    settings: Settings
    backend: Backend
    state: State
    signer: Signer
    keyring: Keyring
    limits: Limits
    views: Views
    tapes: Tapes
    abilities: Abilities | None = None
    chat: bool = False
    images: bool = False
    models: dict[str, str] = field(default_factory=dict)
    open: bool = False
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    page: Callable[[], str] = lambda: ""
    now: Callable[[], float] = time.time
    remembered: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _behind: "set[asyncio.Task[None]]" = field(default_factory=set)

    def behind(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it, but let nobody wait for it, except the end of the process."""
        task = asyncio.create_task(work)
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    async def finish(self, seconds: float) -> None:
        """What is done behind answers may end, so long at most."""
        if self._behind:
            await asyncio.wait(self._behind, timeout=seconds)


def site_of(request: Request) -> Site:
    """The site behind a request."""
    site: Site = request.app.state.site
    return site


Here = Annotated[Site, Depends(site_of)]


async def caller_of(request: Request, here: Here) -> Caller:
    """Who asks, by key or by cookie; within the limits of its rate. Raises Refused."""
    found = OPEN if here.open else await _known(request, here)
    if found.tenant not in ("default", *here.settings.tenants):
        raise Refused(403, "forbidden", "this key's tenant is not declared here", "declare it in CHALKSTREAM_TENANTS")
    needed: Role = "viewer" if request.method in ("GET", "HEAD", "OPTIONS") else "member"
    need(found, needed)
    here.limits.count(found.key or found.tenant)
    return found


async def _known(request: Request, here: Site) -> Caller:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and key:
        found = await asyncio.to_thread(here.keyring.holder, key.strip())
    else:
        found = await _by_cookie(request.cookies.get(COOKIE, ""), here)
    if found is None:
        here.limits.count("nobody")
        raise Refused(
            401, "unauthorized", "a valid key is needed", "send 'Authorization: Bearer KEY'",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip
    return found


async def _by_cookie(cookie: str, here: Site) -> Caller | None:
    name = here.signer.read(SESSION, cookie, here.now()) if cookie else None
    record = await asyncio.to_thread(here.keyring.record, name) if name else None
    return Caller(record.tenant, record.role, record.id) if record else None


def need(caller: Caller, role: Role) -> None:
    """Raises Refused where the role does not suffice."""
    if not caller.may(role):
        raise Refused(403, "forbidden", f"this key's role is {caller.role}; {role} is needed", "ask for another key")


Who = Annotated[Caller, Depends(caller_of)]


async def admin_of(caller: Who) -> Caller:
    """Who asks, if that is an administrator."""
    need(caller, "admin")
    return caller


Admin = Annotated[Caller, Depends(admin_of)]
