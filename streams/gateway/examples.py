"""Examples for the OpenAPI document: one table for what many routes share, laid over what routes say themselves.

Law: an example that a route or a model gives itself stands; bytes (media, pictures) have none.
"""

from typing import Any, Final

from streams.gateway.problems import OPENAI, Refused, openai_body, phrase, problem_of
from streams.gateway.views import EXAMPLE

VTT: Final = "WEBVTT\n\n00:00:00.596 --> 00:00:03.333\nToday we describe\nthe matrix.\n"
SRT: Final = "1\n00:00:00,596 --> 00:00:03,333\nToday we describe\nthe matrix.\n"
SEGMENT: Final = '{"start": 0.596, "end": 3.333, "text": "Today we describe the matrix."}'
CODES: Final = {
    401: "unauthorized", 403: "forbidden", 404: "not_found", 408: "timeout", 409: "conflict", 412: "conflict",
    413: "too_large", 423: "conflict", 429: "rate_limited", 500: "internal", 503: "unavailable", 504: "timeout",
}  # fmt: skip
"""Of all others: ``invalid_request``."""
PARAMETERS: Final[dict[str, Any]] = {
    "idempotency-key": "5d5c1c0e-upload-of-monday", "upload-length": 734003200, "upload-offset": 8388608,
    "upload-metadata": "filename bGVjdHVyZS5tcDQ=,targets ZnIsZXM=", "tus-resumable": "1.0.0",
    "upload-checksum": "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "upload": "3f0c6a1e9d5b4b1f8a7e2c4d6f8091a2",
    "limit": 20, "after": "2026-01-01T10:00:00.000+00:00_6652f23e-348b-57a4-8dd7-3b7939dd37a1", "state": "done",
    "last-event-id": "12.t3", "language": "fr", "form": "vtt", "inline": True, "if-match": '"9b2cf535"',
    "token": "the one in the picture's url", "model": "demo-asr-1", "webhook": "0b7e3c51d2a84f6f9f6d1e2c3b4a5968",
}  # fmt: skip
CONTENT: Final[dict[str, Any]] = {
    "application/x-subrip": SRT, "text/vtt": VTT, "text/html": "<!doctype html>…",
    "text/event-stream": f"event: segment\ndata: {SEGMENT}\n\n",
    "text/plain": "Today we describe the matrix.",
}  # fmt: skip
SPEECH: Final = {"id": "demo-asr-1", "object": "model", "created": 0, "owned_by": "chalkstream", "kind": "asr"}
WEBHOOK: Final = {
    "id": PARAMETERS["webhook"], "url": "https://example.org/ended", "states": ["done"],
    "created": "2026-01-01T10:00:00.000+00:00",
}  # fmt: skip
SESSION: Final = {
    "tenant": "default", "role": "admin", "auth": False, "targets": ["de", "en", "es", "fr"],
    "source_languages": ["en"], "formats": ["srt", "vtt"], "profiles": ["edu-default"], "chat": True, "images": False,
    "limits": {"max_bytes": 34359738368, "uploads": 8, "jobs": 64, "chat": {}, "image": {}},
}  # fmt: skip
CUES: Final = {
    "language": "en", "edited": False, "duration": 61.5, "violations": [],
    "profile": {"name": "edu-default", "max_lines": 2, "max_chars_per_line": 42, "min_duration": 0.833,
                "max_duration": 7.0, "min_gap": 0.083, "max_chars_per_second": 20.0},
    "cues": [{"start": 0.596, "end": 3.333, "text": "Today we describe\nthe matrix."}],
}  # fmt: skip
ANSWERS: Final[dict[tuple[str, str], Any]] = {
    ("post", "/v1/videos"): {**EXAMPLE, "state": "queued", "progress": 0.0, "files": []},
    ("get", "/v1/jobs"): {"jobs": [EXAMPLE], "next": None},
    ("get", "/v1/jobs/{job}/report"): {"schema": 1, "status": "done", "partial": False},
    ("get", "/v1/jobs/{job}/cues/{language}"): CUES,
    ("put", "/v1/jobs/{job}/cues/{language}"): {**CUES, "edited": True},
    ("get", "/v1/models"): {"object": "list", "data": [SPEECH]},
    ("get", "/v1/models/{model}"): SPEECH,
    ("get", "/v1/webhooks"): {"webhooks": [WEBHOOK]},
    ("post", "/v1/webhooks"): {**WEBHOOK, "secret": "whsec_c2VjcmV0LXdpdGgtMzItYnl0ZXMtb2Ytbm9pc2UhISE="},
    ("get", "/v1/session"): SESSION,
    ("post", "/v1/session"): {**SESSION, "auth": True},
    ("get", "/healthz"): {"status": "ok", "wrong": {}},
    ("get", "/readyz"): {"status": "ok", "wrong": {}},
    ("get", "/asyncapi"): {"asyncapi": "3.0.0", "info": {"title": "Chalkstream", "version": "0.1.0"}},
    ("get", "/metrics"): "# TYPE chalkstream_stage_items_total counter\n",
}  # fmt: skip
"""Where no model of a route shows one."""


def illustrated(document: dict[str, Any]) -> dict[str, Any]:
    """The document with an example wherever one can be given."""
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            for each in route.get("parameters", ()):
                if (name := each["name"].lower()) in PARAMETERS:
                    each.setdefault("example", PARAMETERS[name])
            for status, answer in route["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    found = _example(path, method, int(status), kind)
                    if found is not None and "example" not in content and "examples" not in content:
                        content["example"] = found
    return document


def _example(path: str, method: str, status: int, kind: str) -> Any:
    if path == "/readyz" and status == 503:
        return {"status": "unavailable", "wrong": {"broker": "no answer"}}
    if status >= 400:
        told = Refused(status, CODES.get(status, "invalid_request"), phrase(status))
        return openai_body(told) if path.startswith(OPENAI) else problem_of(told).model_dump(exclude_none=True)
    return ANSWERS.get((method, path), CONTENT.get(kind))
