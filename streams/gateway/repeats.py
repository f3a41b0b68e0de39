"""``Idempotency-Key``: the same key of the same tenant is the same job, at any gateway, for a day and more.

Who comes first claims the key; who comes while the first is still at it is told so (409) and tries again. A claim whose
holder died is free again after a while.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from schemas.base import Model, to_bytes
from schemas.errors import NotFound
from schemas.jobs import JobStatus
from streams.gateway.finding import find
from streams.gateway.keys import Caller
from streams.gateway.problems import Refused
from streams.gateway.site import Site

HELD_SECONDS: Final = 6 * 3600.0
"""As long as an upload may take."""


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

    async def keep(self, status: JobStatus) -> None:
        """The key is this job from now on."""
        self.status = status
        if self.name:
            record = RepeatRecord(at=self.here.now(), job=status.job)
            await asyncio.to_thread(self.here.state.replace, self.name, to_bytes(record), self.tag)


@asynccontextmanager
async def once(key: str | None, caller: Caller, here: Site) -> AsyncIterator[Repeat]:
    """The claim; given back when nothing came of it. Raises Refused (409) while another has it."""
    if not key:
        yield Repeat(here)
        return
    name = f"repeats/{caller.tenant}/{hashlib.sha256(key.encode()).hexdigest()}"
    repeat = await _claimed(name, caller, here)
    try:
        yield repeat
    except BaseException:
        if repeat.status is None:
            await asyncio.shield(asyncio.to_thread(here.state.remove, name))
        raise


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
