"""How the gateway is, what it can do and what it measures; and its documents."""

import asyncio
from importlib.metadata import version

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pydantic import BaseModel

from infra.telemetry.exposition import CONTENT_TYPE
from streams.gateway.problems import documented
from streams.gateway.site import Here, caller_of, need

router = APIRouter(tags=["system"])


class Health(BaseModel):
    """``status`` is ``ok``, or ``unavailable`` with what is away and why."""

    status: str
    wrong: dict[str, str] = {}


@router.get("/healthz", summary="Whether the process lives")
async def healthz() -> Health:
    """Answers as long as the loop goes round; asks nobody else."""
    return Health(status="ok")


@router.get(
    "/readyz", summary="Whether it can serve", responses={503: {"model": Health, "description": "Something is away"}}
)
async def readyz(here: Here) -> JSONResponse:
    """Whether broker, store or runner are there, and this process is not about to leave."""
    wrong = here.backend.wrong() | ({"gateway": "is leaving"} if here.closing.is_set() else {})
    health = Health(status="unavailable" if wrong else "ok", wrong=wrong)
    return JSONResponse(health.model_dump(), 503 if wrong else 200)


@router.get("/metrics", summary="Numbers, for Prometheus", response_class=PlainTextResponse, responses=documented())
async def metrics(request: Request, here: Here) -> PlainTextResponse:
    """For administrators: behind a proxy everybody seems to ask from this machine."""
    need(await caller_of(request, here), "admin")
    return PlainTextResponse(await asyncio.to_thread(here.page), media_type=CONTENT_TYPE)


@router.get("/asyncapi", summary="The AsyncAPI document of all topics")
async def asyncapi() -> JSONResponse:
    """AsyncAPI 3, made from the models that travel."""
    from streams.asyncapi import document

    return JSONResponse(await asyncio.to_thread(document, version("chalkstream")))


@router.get("/docs", summary="This API, for people", response_class=HTMLResponse)
async def docs(request: Request) -> HTMLResponse:
    """Made from the OpenAPI document; no script, nothing from elsewhere."""
    from streams.gateway.reference import page

    return HTMLResponse(page(request.app.openapi()))
