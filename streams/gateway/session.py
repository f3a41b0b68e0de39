"""``/v1/session``: a browser gives its key once and gets a cookie; everybody may ask what can be done here.

The cookie names the key, signed and for half a day; the key itself is nowhere in the browser.
"""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, ConfigDict, Field

from processors.text.profiles import DEFAULT, PROFILES
from schemas.exchanges import ChatLimits, ImageLimits
from streams.gateway.keys import Caller
from streams.gateway.problems import Refused, documented
from streams.gateway.site import COOKIE, OPEN, SESSION, Here, Site, Who

router = APIRouter(prefix="/v1/session", tags=["session"])
SECONDS: Final = 12 * 3600


class Login(BaseModel):
    """A key as 'chalkstream keys add' printed it."""

    model_config = ConfigDict(json_schema_extra={"example": {"key": "ck_0123456789ab_…"}})

    key: str = Field(max_length=200)


class SessionLimits(BaseModel):
    """What may be asked for here."""

    max_bytes: int
    uploads: int
    jobs: int
    chat: ChatLimits
    image: ImageLimits


class Session(BaseModel):
    """Who asks and what can be done. ``auth``: whether keys are asked for."""

    tenant: str
    role: str
    auth: bool
    limits: SessionLimits
    targets: list[str]
    source_languages: list[str]
    formats: list[str] = ["srt", "vtt"]
    profiles: list[str]
    chat: bool
    images: bool


@router.get("", responses=documented(), summary="Who asks, and what can be done here")
async def session(caller: Who, here: Here) -> Session:
    """What the page needs to know."""
    return _session(caller, here)


@router.post("", responses=documented(), summary="Log a browser in")
async def login(body: Annotated[Login, Body()], here: Here, response: Response) -> Session:
    """Sets the cookie. Without keys here, anybody is let in."""
    caller = OPEN if here.open else await asyncio.to_thread(here.keyring.holder, body.key.strip())
    here.limits.count("login" if caller is None else caller.key or caller.tenant)
    if caller is None:
        raise Refused(401, "unauthorized", "this key is not known", "see 'chalkstream keys add'")
    if caller.key:
        token = here.signer.sign(SESSION, caller.key, int(here.now()) + SECONDS)
        secure = here.settings.gateway.public_url.startswith("https:")
        response.set_cookie(COOKIE, token, max_age=SECONDS, httponly=True, samesite="strict", secure=secure)
    return _session(caller, here)


@router.delete("", status_code=204, responses=documented(), summary="Log a browser out")
async def logout(here: Here, response: Response) -> None:
    """Takes the cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


def _session(caller: Caller, here: Site) -> Session:
    settings, able = here.settings, here.abilities
    limits = SessionLimits(
        max_bytes=int(settings.limits.max_gib * (1 << 30)), uploads=settings.gateway.uploads,
        jobs=settings.gateway.jobs, chat=settings.chat, image=settings.image,
    )  # fmt: skip
    return Session(
        tenant=caller.tenant, role=caller.role, auth=not here.open, limits=limits,
        targets=sorted(able.written) if able else [], source_languages=sorted(able.heard) if able else [],
        profiles=[DEFAULT, *(name for name in PROFILES if name != DEFAULT)], chat=here.chat, images=here.images,
    )  # fmt: skip
