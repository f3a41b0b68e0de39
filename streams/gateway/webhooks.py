"""``/v1/webhooks``: somebody is told when a job ends. Signed as Standard Webhooks has it, tried again for a day.

A delivery is an object in ``state`` that whoever sees the end first creates, and that each attempt is taken with: so
one gateway tries at a time, nothing is lost with a process, and one end is told once (twice after a crash in between;
the id is the same).
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, get_args

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field

from infra.state import Kept
from schemas.base import Model, to_bytes
from schemas.errors import BadInput, NotFound
from schemas.ids import derive
from schemas.jobs import JobStatus
from streams.gateway.posting import post, target
from streams.gateway.problems import documented, too_many
from streams.gateway.site import Admin, Here, Site

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
State = Literal["done", "partial", "failed", "cancelled"]
HOOKS: Final = "webhooks/"
DELIVERIES: Final = "deliveries/"
DELAYS: Final = (5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0, 16 * 3600.0)
LEASE_SECONDS: Final = 60.0
TRUST_SECONDS: Final = 5.0
KEPT_SECONDS: Final = 7 * 24 * 3600.0
CATCH_UP: Final = timedelta(days=3)
"""Ends that no gateway was there for are told late, but not much later."""
MOST: Final = 20
log = logging.getLogger(__name__)


class Hook(Model):
    """At rest. The secret has to be there in clear: we sign with it."""

    id: str
    tenant: str
    url: str
    states: tuple[State, ...]
    secret: str
    created: str


class Delivery(Model):
    """One end of one job for one webhook."""

    tenant: str
    hook: str
    status: JobStatus
    attempts: int = 0
    due: float
    ended: float | None = None
    last: str = ""


class NewWebhook(BaseModel):
    """Where to, and for which ends; all if none is named. Without a secret one is made."""

    model_config = ConfigDict(json_schema_extra={"example": {"url": "https://example.org/ended", "states": ["done"]}})

    url: str = Field(max_length=2_000)
    states: tuple[State, ...] = Field(get_args(State), min_length=1)
    secret: str | None = Field(None, pattern=r"^whsec_[A-Za-z0-9+/]{32,88}={0,2}$")


class Webhook(BaseModel):
    """``secret`` is told when it is made, and never again."""

    id: str
    url: str
    states: list[State]
    created: str
    secret: str | None = None


class Webhooks(BaseModel):
    """All of the tenant's."""

    webhooks: list[Webhook]


@router.get("", responses=documented(), summary="Webhooks")
async def webhooks(caller: Admin, here: Here) -> Webhooks:
    """Without their secrets."""
    found = await asyncio.to_thread(_hooks, caller.tenant, here)
    return Webhooks(webhooks=[_shown(hook) for hook in found])


@router.post("", status_code=201, responses=documented(), summary="Be told when jobs end")
async def create(body: Annotated[NewWebhook, Body()], caller: Admin, here: Here) -> Webhook:
    """A POST with ``{"type": "job.ended", "job": …}``, the headers Webhook-Id, -Timestamp and -Signature (Standard
    Webhooks, v1). Answer 2xx; else it is tried again for a day. Private addresses are refused."""
    await asyncio.to_thread(target, body.url, private=here.settings.gateway.private_webhooks)
    if len(await asyncio.to_thread(_hooks, caller.tenant, here)) >= MOST:
        raise too_many(f"{MOST} webhooks are there", "remove one", seconds=60)
    secret = body.secret or "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    hook = Hook(id=uuid.uuid4().hex, tenant=caller.tenant, url=body.url, states=body.states, secret=secret, created=now)
    await asyncio.to_thread(here.state.create, f"{HOOKS}{hook.tenant}/{hook.id}", to_bytes(hook))
    here.remembered.pop(hook.tenant, None)  # the next end is told of, however soon it comes
    return _shown(hook).model_copy(update={"secret": secret})


@router.delete("/{webhook}", status_code=204, responses=documented(404), summary="Be told no more")
async def remove(
    webhook: Annotated[str, Path(description="Its id.", max_length=64)], caller: Admin, here: Here
) -> None:
    """What has not been delivered is not any more."""
    if webhook not in [hook.id for hook in await asyncio.to_thread(_hooks, caller.tenant, here)]:
        raise NotFound("there is no such webhook", "see GET /v1/webhooks")
    await asyncio.to_thread(here.state.remove, f"{HOOKS}{caller.tenant}/{webhook}")


def _shown(hook: Hook) -> Webhook:
    return Webhook(id=hook.id, url=hook.url, states=list(hook.states), created=hook.created)


def _hooks(tenant: str, here: Site) -> list[Hook]:
    found = (here.state.get(name) for name in here.state.names(f"{HOOKS}{tenant}/"))
    return [Hook.model_validate_json(kept.data) for kept in found if kept]


def _known(tenant: str, here: Site) -> Sequence[Hook]:
    """As they were a moment ago: a gateway that starts sees many ends at once."""
    found: Sequence[Hook]
    until, found = here.remembered.get(tenant, (0.0, ()))
    if until < here.now():
        found = tuple(_hooks(tenant, here))
        here.remembered[tenant] = (here.now() + TRUST_SECONDS, found)
    return found


async def ended(status: JobStatus, here: Site) -> None:
    """A job has come to its end: note it for whoever wants to know, and try at once."""
    if not is_recent(status.updated, datetime.now(UTC)):
        return
    names = await asyncio.to_thread(_noted, status, here)
    for name in names:
        await _attempt(name, here)


def _noted(status: JobStatus, here: Site) -> list[str]:
    """Deliveries that were created here; others have theirs."""
    made = []
    for hook in _known(status.tenant, here):
        name = f"{DELIVERIES}{hook.id}/{status.job}.{status.run}"
        if status.state in hook.states and status.updated >= hook.created:
            delivery = Delivery(tenant=status.tenant, hook=hook.id, status=status, due=here.now())
            made += [name] if here.state.create(name, to_bytes(delivery)) else []
    return made


def is_recent(updated: str, now: datetime) -> bool:
    """Whether an end is worth telling of."""
    try:
        return now - datetime.fromisoformat(updated) < CATCH_UP
    except (ValueError, TypeError):
        return False


async def look(here: Site) -> None:
    """Deliveries that are due; those long over go."""
    for name in await asyncio.to_thread(lambda: list(here.state.names(DELIVERIES))):
        await _attempt(name, here)


async def _attempt(name: str, here: Site) -> None:
    await asyncio.to_thread(_deliver, name, here)


def _deliver(name: str, here: Site) -> None:
    """One attempt, if it is due and nobody else makes it."""
    kept, now = here.state.get(name), here.now()
    delivery = Delivery.model_validate_json(kept.data) if kept else None
    if kept is None or delivery is None:
        return
    if delivery.ended is not None:
        if now - delivery.ended > KEPT_SECONDS:
            here.state.remove(name)
        return
    if delivery.due > now:
        return
    taken = delivery.model_copy(update={"due": now + LEASE_SECONDS, "attempts": delivery.attempts + 1})
    tag = here.state.replace(name, to_bytes(taken), kept.tag)
    if tag is not None:
        last = _told(here.state.get(f"{HOOKS}{delivery.tenant}/{delivery.hook}"), taken, here)
        here.state.replace(name, to_bytes(after(taken, last, here.now())), tag)


def after(delivery: Delivery, last: str, now: float) -> Delivery:
    """The delivery after an attempt: over when it went well, is given up or wanted no more; else due again. Pure."""
    if last in ("ok", "removed") or delivery.attempts > len(DELAYS):
        return delivery.model_copy(update={"ended": now, "last": last})
    return delivery.model_copy(update={"due": now + DELAYS[delivery.attempts - 1], "last": last})


def _told(kept: Kept | None, delivery: Delivery, here: Site) -> str:
    if kept is None:
        return "removed"
    hook = Hook.model_validate_json(kept.data)
    body = json.dumps(message(delivery.status), separators=(",", ":")).encode()
    try:
        to = target(hook.url, private=here.settings.gateway.private_webhooks)
    except BadInput as error:
        return error.message
    last = post(to, body, signed(hook.secret, message_id(delivery), int(here.now()), body))
    if last != "ok":
        log.info("a webhook was not taken (attempt %d): %s", delivery.attempts, last)
    return last


def message(status: JobStatus) -> dict[str, Any]:
    """What is told; files are to be had at the job's address."""
    told = status.model_dump(mode="json", exclude={"tenant", "source", "transcribed_seconds"})
    return {"type": "job.ended", "timestamp": status.updated, "job": told, "url": f"/v1/jobs/{status.job}"}


def message_id(delivery: Delivery) -> str:
    """The same for each attempt."""
    return "msg_" + derive("webhook", delivery.hook, delivery.status.job, delivery.status.run)


def signed(secret: str, name: str, at: int, body: bytes) -> dict[str, str]:
    """Headers by Standard Webhooks: HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json", "User-Agent": "Chalkstream", "Webhook-Id": name,
        "Webhook-Timestamp": str(at), "Webhook-Signature": f"v1,{base64.b64encode(mark).decode()}",
    }  # fmt: skip
