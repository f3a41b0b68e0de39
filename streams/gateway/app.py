"""The application: routes, errors, documents and the page, inside the shield. No work of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from schemas.errors import ChalkstreamError
from streams.gateway import (
    audio,
    editing,
    events,
    files,
    housekeeping,
    jobs,
    models,
    pictures,
    session,
    system,
    talk,
    tus,
    videos,
    webhooks,
)
from streams.gateway.examples import illustrated
from streams.gateway.problems import OpenAIProblem, Problem, on_error
from streams.gateway.shield import Noted, Shield
from streams.gateway.site import Site

WEB: Final = Path(__file__).parent / "web"
THREADS: Final = 64
"""For calls that block: most of them wait for the store."""
ROUTERS: Final = tuple(
    each.router
    for each in (videos, tus, jobs, events, files, editing, talk, pictures, audio, models, webhooks, session, system)
)
ABOUT: Final = (
    "Lecture videos in, captions and translations out. Keys go into 'Authorization: Bearer KEY'; errors are problem"
    " details (RFC 9457) with a code and a remedy, and OpenAI's shape on OpenAI's routes."
)


def application(site: Site, noted: Noted = lambda *_: None) -> Shield:
    """Everything that is served; starts and stops the backend with itself."""
    app = FastAPI(
        title="Chalkstream", version=version("chalkstream"), description=ABOUT, docs_url=None, redoc_url=None,
        lifespan=_life(site), redirect_slashes=False,
    )  # fmt: skip
    app.state.site = site
    for router in ROUTERS:
        app.include_router(router)
    for kind in (ChalkstreamError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, on_error)
    if site.settings.gateway.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=list(site.settings.gateway.origins), allow_methods=["*"],
            allow_headers=["*"], expose_headers=["*"],
        )  # fmt: skip
    _static(app)
    app.openapi = lambda: _documented(app)  # type: ignore[method-assign]
    return Shield(app, is_open=lambda: site.open, noted=noted, public=site.settings.gateway.public_url)


def _life(site: Site) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "gateway"))
        site.backend.ended = lambda status: site.behind(webhooks.ended(status, site))
        await site.backend.start()
        keeping = asyncio.create_task(housekeeping.keep(site))
        try:
            yield
        finally:
            site.closing.set()
            keeping.cancel()
            await site.finish(5.0)
            await site.backend.stop()

    return life


def _static(app: FastAPI) -> None:
    if WEB.is_dir():
        app.mount("/web", StaticFiles(directory=WEB), name="web")

    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def index() -> FileResponse:
        return FileResponse(WEB / "index.html")


def _documented(app: FastAPI) -> dict[str, Any]:
    """OpenAPI with the schemas of errors, without the library's own."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for model in (Problem, OpenAIProblem):
            told = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= told.pop("$defs", {}) | {model.__name__: told}
        for methods in made["paths"].values():
            for route in methods.values():
                route["responses"].pop("422", None)
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        made["components"]["securitySchemes"] = {
            "key": {"type": "http", "scheme": "bearer"},
            "cookie": {"type": "apiKey", "in": "cookie", "name": "chalkstream"},
        }
        app.openapi_schema = illustrated(made)
    return app.openapi_schema
