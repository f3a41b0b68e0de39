"""The outermost layer: what holds for every answer, also for those that go wrong. Pure ASGI, no body is touched.

Security headers and a strict policy; no page of another site may make a browser change anything here; without keys
(loopback only) no other name of this machine is answered, so that no page can reach us by a name of its own, and
nothing that a proxy has passed on, for it comes from elsewhere.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.errors import BadInput, ChalkstreamError
from streams.gateway.problems import Refused, answer

POLICY: Final = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "x-frame-options": "DENY", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin", "permissions-policy": "camera=(), microphone=(), geolocation=()",
}  # fmt: skip
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LARGE: Final = ("/v1/videos", "/v1/uploads", "/v1/audio/")
MOST_BYTES: Final = 8 << 20
METHODS: Final = SAFE | {"POST", "PUT", "PATCH", "DELETE"}
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
PASSED_ON: Final = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})
"""What proxies add."""
Noted = Callable[[str, str, int, float], None]
"""Method, route, status, seconds."""


class Shield:
    """``is_open``: whether no keys are asked for. ``public``: the address by which browsers know us beside ``Host``."""

    def __init__(self, app: ASGIApp, *, is_open: Callable[[], bool], noted: Noted, public: str = "") -> None:
        self.app, self._is_open, self._noted = app, is_open, noted
        self._public = urlsplit(public).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, told = time.monotonic(), [0]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                told[0] = message["status"]
                message["headers"] = _with_headers(message["headers"], scope["path"])
            await send(message)

        try:
            refused = self._refused(scope)
            if refused is not None:
                await answer(refused, scope["path"])(scope, receive, guarded)
            else:
                await self.app(scope, receive if scope["path"].startswith(LARGE) else _bounded(receive), guarded)
        finally:
            route = getattr(scope.get("route"), "path", "") or "other"
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._noted(method, route, told[0], time.monotonic() - began)

    def _refused(self, scope: Scope) -> ChalkstreamError | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        from_here = host_name(headers.get("host", "")) in LOOPBACK and not PASSED_ON & headers.keys()
        if self._is_open() and not from_here:
            return Refused(403, "forbidden", "without keys only this machine is answered", "chalkstream keys add")
        if scope["method"] not in SAFE and "authorization" not in headers and is_foreign(headers, self._public):
            return Refused(403, "forbidden", "a page of another site may not ask for this", "send a key as a header")
        return None


def _bounded(receive: Receive) -> Receive:
    """Bodies that are read whole are small. Raises BadInput("too_large")."""
    left = [MOST_BYTES]

    async def some() -> Message:
        message = await receive()
        left[0] -= len(message.get("body", b""))
        if left[0] < 0:
            raise BadInput("too_large", f"the body is larger than {MOST_BYTES >> 20} MiB", "send less at once")
        return message

    return some


def host_name(host: str) -> str:
    """Of a ``Host`` header, without its port."""
    name = host.strip().lower()
    return name[: name.find("]") + 1] if name.startswith("[") else name.rpartition(":")[0] or name


def is_foreign(headers: Mapping[str, str], public: str = "") -> bool:
    """Whether a browser sends this for a page that is neither ours nor that of the address ``public``."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    ours = {headers.get("host", "").lower(), public} - {""}
    return origin is not None and urlsplit(origin).netloc.lower() not in ours


def _with_headers(told: Any, path: str) -> list[tuple[bytes, bytes]]:
    names = {name.lower() for name, _ in told}
    wanted = {**HEADERS, "cache-control": "no-store" if path.startswith("/v1/") else "no-cache"}
    more = [(name.encode(), value.encode()) for name, value in wanted.items() if name.encode() not in names]
    return [*told, *more]
