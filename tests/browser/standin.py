"""A server that speaks the page's HTTP and does what a test tells it: for states that a healthy one is seldom in.

It serves the real page under the real policy. ``wrong`` holds answers that are given once instead of the right one.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from typing import Any, Final

from streams.gateway.app import WEB
from streams.gateway.shield import POLICY
from tests.commands import LECTURE

PROFILE: Final = {
    "name": "edu-default", "max_lines": 2, "max_chars_per_line": 42, "min_duration": 0.833, "max_duration": 7.0,
    "min_gap": 0.083, "max_chars_per_second": 17.0,
}  # fmt: skip
SESSION: Final = {
    "tenant": "default", "role": "admin", "auth": False, "limits": {"max_bytes": 1 << 36},
    "targets": ["de", "es", "fr"], "source_languages": ["en"], "formats": ["srt", "vtt"],
    "profiles": ["edu-default"], "chat": True, "images": True,
}  # fmt: skip
SAID: Final = ("Today we will describe\nthe matrix.", "The gradient has a curve.", "There are nine examples.")


def job(number: int, state: str = "done", **more: Any) -> dict[str, Any]:
    """A job as the gateway shows it."""
    name = f"00000000-0000-5000-8000-{number:012d}"
    ready = [("en", "transcript"), ("fr", "translation")] if state in ("done", "partial") else []
    files = [
        {"language": tag, "format": form, "kind": kind, "url": f"/v1/jobs/{name}/subtitles/{tag}.{form}", "size": 1972,
         "cues": 3}
        for tag, kind in ready for form in ("srt", "vtt")
    ]  # fmt: skip
    told = {
        "job": name, "run": 0, "state": state, "progress": 1.0 if ready else 0.4, "stage": "transcribe",
        "audio_seconds": 83.5, "duration": 83.5, "error": None, "created": "2026-01-01T10:00:00.000+00:00",
        "updated": "2026-01-01T10:00:04.000+00:00", "name": f"lecture-{number}.mp4", "partial": state == "partial",
        "languages": {"fr": "done", "en": "done"} if ready else {"fr": "waiting"}, "warnings": [], "lost": [],
        "files": files, "media": f"/v1/jobs/{name}/media",
    }  # fmt: skip
    return told | more


def cues(*texts: str) -> list[dict[str, Any]]:
    """One every three seconds."""
    return [{"start": at * 3.0, "end": at * 3.0 + 2.5, "text": text} for at, text in enumerate(texts)]


@dataclass
class Standin:
    """``asked``: every request's method and path; ``wrong``: by the same, answers (status, headers, body) to give once;
    ``events``: of each job, as they are sent; ``hold``: keeps event streams open."""

    url: str = ""
    session: dict[str, Any] = field(default_factory=lambda: dict(SESSION))
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    cues: list[dict[str, Any]] = field(default_factory=lambda: cues(*SAID))
    version: int = 1
    key: str | None = None
    sent: bytearray = field(default_factory=bytearray)
    length: int = 0
    events: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    wrong: dict[str, list[tuple[int, dict[str, str], Any]]] = field(default_factory=dict)
    hold: threading.Event = field(default_factory=threading.Event)

    def put(self, *jobs: dict[str, Any]) -> None:
        """These are there, and their streams say how they stand."""
        for each in jobs:
            self.jobs[each["job"]] = each

    @property
    def document(self) -> dict[str, Any]:
        """Cues as they stand."""
        told = {"language": "en", "edited": self.version > 1, "profile": PROFILE, "duration": 83.5}
        return told | {"cues": self.cues, "violations": []}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    there: Standin

    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: Any = b"", headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {"Content-Type": "application/json", "Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
        self.send_response(status)
        for name, value in {**told, **(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def take(self) -> None:
        path, there = self.path.split("?")[0], self.there
        name = f"{self.command} {path}"
        there.asked.append(name)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if there.wrong.get(name):
            status, headers, told = there.wrong[name].pop(0)
            self.answer(status, told, headers)
        elif path == "/" or path.startswith("/web/"):
            file = WEB / (path.removeprefix("/web/") if path != "/" else "index.html")
            self.answer(200, file.read_bytes(), {"Content-Type": guess_type(file.name)[0] or "font/woff2"})
        elif path.startswith("/v1/session"):
            self.about_session(body)
        elif there.key is not None and "cookie" not in self.headers:
            self.answer(401, {"detail": "a valid key is needed", "code": "unauthorized"})
        elif path.startswith("/v1/uploads"):
            self.about_uploads(body)
        elif path.startswith("/v1/jobs"):
            self.about_jobs(path.removeprefix("/v1/jobs").strip("/").split("/"), body)
        elif path == "/v1/chat/completions":
            self.answer(200, chat("A proof ", "is a <b>reason</b>."), {"Content-Type": "text/event-stream"})
        elif path == "/v1/images/generations":
            self.answer(200, {"data": [{"b64_json": PICTURE}]})
        else:
            self.answer(404, {"detail": "nothing", "code": "not_found"})

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = take  # noqa: N815

    def about_session(self, body: bytes) -> None:
        there = self.there
        if self.command == "POST":
            right = json.loads(body)["key"] == there.key
            self.answer(200 if right else 401, there.session, {"Set-Cookie": "c=1; Path=/"} if right else {})
        elif there.key is not None and "cookie" not in self.headers:
            self.answer(401, {"detail": "a valid key is needed", "code": "unauthorized"})
        else:
            self.answer(200, there.session)

    def about_uploads(self, body: bytes) -> None:
        there, tus = self.there, {"Tus-Resumable": "1.0.0"}
        if self.command == "POST":
            there.sent, there.length = bytearray(), int(self.headers["Upload-Length"])
            self.answer(201, b"", {**tus, "Location": "/v1/uploads/one"})
        elif self.command == "DELETE":
            self.answer(204, b"", tus)
        else:
            there.sent += body
            done = {"Chalkstream-Job": next(iter(there.jobs))} if len(there.sent) == there.length else {}
            self.answer(204, b"", {**tus, "Upload-Offset": str(len(there.sent)), **done})

    def about_jobs(self, parts: list[str], body: bytes) -> None:
        there = self.there
        found = there.jobs.get(parts[0])
        if parts == [""]:
            self.answer(200, {"jobs": list(there.jobs.values()), "next": None})
        elif found is None:
            self.answer(404, {"detail": "there is no such job", "code": "not_found"})
        elif parts[1:2] == ["events"]:
            self.stream(found)
        elif parts[1:2] == ["cues"]:
            self.about_cues(body)
        elif parts[1:2] == ["subtitles"]:
            self.answer(200, vtt(there.cues), {"Content-Type": "text/vtt"})
        elif parts[1:2] == ["media"]:
            self.answer(200, LECTURE.read_bytes(), {"Content-Type": "video/mp4"})
        elif self.command == "DELETE":
            self.answer(200, there.jobs.pop(parts[0]))
        else:
            self.answer(200, found)

    def about_cues(self, body: bytes) -> None:
        there = self.there
        if self.command == "PUT":
            if self.headers["If-Match"] != f'"{there.version}"':
                self.answer(412, {"detail": "they have changed", "code": "conflict"})
                return
            there.cues, there.version = json.loads(body)["cues"], there.version + 1
        self.answer(200, there.document, {"ETag": f'"{there.version}"'})

    def stream(self, found: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for name, data in self.there.events.get(found["job"], [("done", found)]):
            self.wfile.write(f"event: {name}\nid: {name}\ndata: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()
        if found["state"] in ("running", "queued"):
            self.there.hold.wait(20)
        self.close_connection = True


def vtt(shown: list[dict[str, Any]]) -> bytes:
    """As a player reads it; the first minute."""
    told = "".join(f"00:{each['start']:06.3f} --> 00:{each['end']:06.3f}\n{each['text']}\n\n" for each in shown)
    return f"WEBVTT\n\n{told}".encode()


def chat(*pieces: str) -> bytes:
    """A streamed answer."""
    lines = [json.dumps({"choices": [{"index": 0, "delta": {"content": each}}]}) for each in pieces]
    return "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"]).encode()


PICTURE: Final = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
        "a5f645400000000049454e44ae426082"
    )
).decode()


@contextmanager
def serving() -> Iterator[Standin]:
    """On a port of its own, until the end."""
    there = Standin()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"there": there}))
    there.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        there.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
