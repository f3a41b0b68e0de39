"""Errors as HTTP says them: problem details (RFC 9457), and OpenAI's shape on OpenAI's routes. One table of statuses.

Codes are those of CONTRACT §7; what only HTTP knows (who asks, conditions, methods) has codes of its own here.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from schemas.errors import BadInput, Broken, ChalkstreamError
from schemas.exchanges import RequestError

RETRY_SECONDS: Final = 5
STATUSES: Final = {
    "not_found": 404, "unknown_model": 404, "conflict": 409, "too_large": 413, "rate_limited": 429,
    "overloaded": 429, "unavailable": 503, "timeout": 504, "cancelled": 409, "crashed": 500, "internal": 500,
    "settings": 503,
}  # fmt: skip
"""Of all other codes: 400."""
OPENAI: Final = ("/v1/chat/", "/v1/images/", "/v1/audio/", "/v1/models")
PROBLEM: Final = "application/problem+json"


class Refused(ChalkstreamError):
    """What only HTTP can refuse: its status, headers and further fields of the problem."""

    def __init__(
        self, status: int, code: str, message: str, remedy: str = "", *, headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(code, message, remedy)
        self.status, self.headers, self.more = status, dict(headers or {}), dict(more or {})


def too_many(message: str, remedy: str, *, seconds: float, code: str = "rate_limited") -> Refused:
    """429 with a time to come back."""
    return Refused(429, code, message, remedy, headers={"Retry-After": str(max(1, round(seconds)))})


class Problem(BaseModel):
    """RFC 9457, with the code and what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    remedy: str | None = None


class OpenAIError(BaseModel):
    """What OpenAI's clients read."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIProblem(BaseModel):
    """OpenAI's envelope."""

    error: OpenAIError


def phrase(status: int) -> str:
    """In words; 460 is tus's own."""
    return "Checksum Mismatch" if status == 460 else HTTPStatus(status).phrase


def status_of(error: ChalkstreamError) -> int:
    """The HTTP status."""
    return error.status if isinstance(error, Refused) else STATUSES.get(error.code, 400)


def answer(error: ChalkstreamError, path: str) -> JSONResponse:
    """The response to a request for ``path``."""
    status = status_of(error)
    headers = dict(error.headers) if isinstance(error, Refused) else {}
    if status in (429, 503):
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    if path.startswith(OPENAI):
        return JSONResponse(openai_body(error), status, headers)
    body = problem_of(error).model_dump(exclude_none=True) | (error.more if isinstance(error, Refused) else {})
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def problem_of(error: ChalkstreamError) -> Problem:
    """The details."""
    status = status_of(error)
    return Problem(
        title=phrase(status), status=status, detail=" ".join(error.message.split()), code=error.code,
        remedy=error.remedy or None,
    )  # fmt: skip


def openai_body(error: ChalkstreamError, info: RequestError | None = None) -> dict[str, Any]:
    """``{"error": {...}}``."""
    status = status_of(error)
    kind = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}.get(status)
    kind = kind or ("invalid_request_error" if status < 500 else "server_error")
    param = info.param if info else getattr(error, "param", None)
    told = OpenAIError(message=error.info.line, type=kind, param=param, code=error.code)
    return OpenAIProblem(error=told).model_dump()


async def on_error(request: Request, error: Exception) -> JSONResponse:
    """The one place where an error becomes a response."""
    return answer(_ours(error), request.url.path)


def _ours(error: Exception) -> ChalkstreamError:
    match error:
        case ChalkstreamError():
            return error
        case HTTPException(__cause__=ChalkstreamError() as ours):  # FastAPI's, when reading the body was refused here
            return ours
        case RequestValidationError():
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
            return BadInput("invalid_request", f"{where}: {first['msg']}" if where else str(first["msg"]))
        case HTTPException(status_code=404):
            return BadInput("not_found", "there is nothing here", "see /docs")
        case HTTPException():
            return Refused(error.status_code, "invalid_request", str(error.detail), headers=error.headers or {})
        case _:
            return Broken("internal", "this went wrong here", "try again; if it stays, report it")


def documented(*statuses: int, openai: bool = False) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for OpenAPI."""
    kind, model = ("application/json", OpenAIProblem) if openai else (PROBLEM, Problem)
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({400, 401, 403, 429, 500, 503, *statuses}):
        found[status] = {
            "description": phrase(status),
            "content": {kind: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}},
        }
    return found
