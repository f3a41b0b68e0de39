"""``/v1/images/generations``, as OpenAI has it. An address of a picture is ours, signed, and good for an hour."""

import asyncio
import base64
import json
import uuid
from contextlib import aclosing
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from processors.recipes import RESULTS
from schemas.errors import Broken, NotFound
from schemas.exchanges import WrongField
from schemas.images import ImageRequested, ImagesMade, MadeImage, read_image
from streams.gateway.problems import documented
from streams.gateway.site import Here, Site, Who
from streams.gateway.taking import need_services
from streams.gateway.talk import answer_of, body_of, failed, text_of

router = APIRouter(prefix="/v1/images", tags=["openai"])
PURPOSE: Final = "image"
SECONDS: Final = 3600
ASK: Final[dict[str, Any]] = {"prompt": "a red circle on a white background", "n": 1, "response_format": "b64_json"}
ANSWER: Final[dict[str, Any]] = {"created": 1767225600, "data": [{"b64_json": "iVBORw0KGgo…"}]}


@router.post(
    "/generations", response_class=JSONResponse, summary="Pictures", openapi_extra=body_of(ASK),
    responses=answer_of(ANSWER),
)  # fmt: skip
async def generations(request: Request, caller: Who, here: Here) -> JSONResponse:
    """As OpenAI has it; ``response_format`` is ``url`` (the default) or ``b64_json``."""
    text = await text_of(request)
    read_image(text, here.settings.image)
    form = json.loads(text).get("response_format") or "url"
    if form not in ("url", "b64_json"):
        raise WrongField("response_format", "must be url or b64_json")
    need_services(here)
    asked = ImageRequested(request=uuid.uuid4().hex, tenant=caller.tenant, body=text)
    with here.limits.hold(caller.tenant, "pictures", here.settings.image.inflight):
        answer = await _answer(asked, here)
    if answer.error:
        raise failed(answer.error)
    base = here.settings.gateway.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    data = [await _shown(each, form, base, here) for each in answer.images or ()]
    return JSONResponse({"created": answer.created or int(here.now()), "data": data})


@router.get(
    "/content", response_class=Response, summary="A picture that was made",
    responses={200: {"description": "PNG", "content": {"image/png": {}}}, **documented(404, openai=True)},
)  # fmt: skip
async def content(
    here: Here, token: Annotated[str, Query(max_length=600, description="As the address has it.")]
) -> Response:
    """By its signed address; no key is needed."""
    key = here.signer.read(PURPOSE, token, here.now())
    if key is None:
        raise NotFound("there is no such picture", "its address may have ended: ask for it again")
    data = await asyncio.to_thread(here.backend.bench.store.get, RESULTS, key)
    headers = {"Cache-Control": "private, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(data, 200, headers, "image/png")


async def _answer(asked: ImageRequested, here: Site) -> ImagesMade:
    async with aclosing(here.backend.ask(asked, ImagesMade)) as said:  # type: ignore[type-var]
        async for each in said:
            if isinstance(each, ImagesMade):
                return each
    raise Broken("internal", "there was no answer")


async def _shown(made: MadeImage, form: str, base: str, here: Site) -> dict[str, Any]:
    if form == "b64_json":
        data = await asyncio.to_thread(here.backend.bench.store.get, made.bucket, made.key)
        return {"b64_json": base64.b64encode(data).decode()}
    token = here.signer.sign(PURPOSE, made.key, int(here.now()) + SECONDS)
    return {"url": f"{base}/v1/images/content?{urlencode({'token': token})}"}
