"""``Idempotency-Key``: the same key of the same tenant is the same job, at any gateway, for a week.

Who comes first claims the key, and renews the claim while bytes arrive; who comes meanwhile is told so (409) and tries
again. A claim whose holder died is free again two minutes later.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from schemas.base import Model, to_bytes
from schemas.errors import ChalkstreamError, NotFound
from schemas.jobs import JobStatus
from streams.gateway.finding import find
from streams.gateway.keys import Caller
from streams.gateway.problems import Refused
from streams.gateway.site import Site
from streams.tasks import end

HELD_SECONDS, RENEW_SECONDS, KEPT_SECONDS = 120.0, 30.0, 7 * 86_400.0
FOLDER: Final = "repeats/"


class RepeatRecord(Model):
    """A claim, and the job once there is one."""

    at: float
    job: str | None = None


@dataclass
class Repeat:
    """``status``: the job that the key already is. ``name`` is empty where no key was sent."""

    here: Site
    name: str = ""
    tag: str = ""
    status: JobStatus | None = None
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def keep(self, status: JobStatus) -> None:
        """The key is this job from now on."""
        self.status = status
        if self.name:
            await self._write(status.job)

    async def renew(self, every: float) -> None:
        """Say every so many seconds that somebody is still at it, until there is a job."""
        while self.status is None:
            await asyncio.sleep(every)
            with suppress(ChalkstreamError):
                await self._write(None)

    async def _write(self, job: str | None) -> None:
        async with self._writing:
            if job is None and self.status is not None:
                return
            record = to_bytes(RepeatRecord(at=self.here.now(), job=job))
            tag = await asyncio.to_thread(self.here.state.replace, self.name, record, self.tag)
            self.tag = tag or self.tag


@asynccontextmanager
async def once(key: str | None, caller: Caller, here: Site, *, every: float = RENEW_SECONDS) -> AsyncIterator[Repeat]:
    """The claim, renewed while it is held; given back when nothing came of it. Raises Refused (409) while another has
    it."""
    if not key:
        yield Repeat(here)
        return
    name = f"{FOLDER}{caller.tenant}/{hashlib.sha256(key.encode()).hexdigest()}"
    repeat = await _claimed(name, caller, here)
    renewing = asyncio.create_task(repeat.renew(every))
    try:
        yield repeat
    except BaseException:
        if repeat.status is None:
            await asyncio.shield(asyncio.to_thread(here.state.remove, name))
        raise
    finally:
        await end(renewing)


async def look(here: Site) -> None:
    """Forget what is older than a week."""
    for name in await asyncio.to_thread(lambda: list(here.state.names(FOLDER))):
        kept = await asyncio.to_thread(here.state.get, name)
        if kept and here.now() - RepeatRecord.model_validate_json(kept.data).at > KEPT_SECONDS:
            await asyncio.to_thread(here.state.remove, name)


async def _claimed(name: str, caller: Caller, here: Site) -> Repeat:
    mine = to_bytes(RepeatRecord(at=here.now()))
    if tag := await asyncio.to_thread(here.state.create, name, mine):
        return Repeat(here, name, tag)
    kept = await asyncio.to_thread(here.state.get, name)
    record = RepeatRecord.model_validate_json(kept.data) if kept else None
    if kept is None or record is None:
        raise _busy()
    if record.job is not None:
        try:
            return Repeat(here, name, kept.tag, await find(record.job, caller, here))
        except NotFound:
            raise Refused(409, "conflict", "the job of this key was deleted", "use another key") from None
    if here.now() - record.at < HELD_SECONDS:
        raise _busy()
    tag = await asyncio.to_thread(here.state.replace, name, mine, kept.tag)
    if tag is None:
        raise _busy()
    return Repeat(here, name, tag)


def _busy() -> Refused:
    return Refused(
        409, "conflict", "a request with this key is still on its way", "try again later",
        headers={"Retry-After": "5"},
    )  # fmt: skip
