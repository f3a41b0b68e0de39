"""What strangers get wrong is answered on the real topics by code and field, and nothing of it is in a log."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.connected.site import Site, eventually

pytestmark = pytest.mark.slow

WORD = f"xyzzy{uuid.uuid4().hex}"
"""Stands in every prompt; must stand in no log."""


def turn(content: Any, role: Any = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content}]}


BAD: list[tuple[str, Any, str, str | None]] = [
    ("chat", {"messages": []}, "invalid_request", "messages"),
    ("chat", turn(" "), "invalid_request", "messages[0].content"),
    ("chat", turn(WORD, "wizard"), "invalid_request", "messages[0].role"),
    ("chat", turn(WORD + "x" * 1_000_000), "prompt_too_long", "messages"),
    ("chat", turn(f"{WORD} " * 2_000), "prompt_too_long", "messages"),
    ("chat", {**turn(WORD), "model": "gpt-9"}, "unknown_model", "model"),
    ("chat", {**turn(WORD), "max_tokens": -1}, "invalid_request", "max_tokens"),
    ("chat", {**turn(WORD), "max_completion_tokens": 10**30}, "invalid_request", "max_completion_tokens"),
    ("chat", {**turn(WORD), "temperature": float("nan")}, "invalid_request", "temperature"),
    ("chat", {**turn(WORD), "top_p": float("inf")}, "invalid_request", "top_p"),
    ("chat", {**turn(WORD), "n": 0}, "invalid_request", "n"),
    ("chat", {**turn(WORD), "n": "\ud800"}, "invalid_request", "n"),
    ("chat", turn(f"{WORD}\ud800"), "invalid_request", "messages[0].content"),
    ("chat", [WORD], "invalid_request", None),
    ("image", {"prompt": ""}, "invalid_request", "prompt"),
    ("image", {"prompt": f"{WORD}\udfff"}, "invalid_request", "prompt"),
    ("image", {"prompt": WORD + "x" * 1_000_000}, "prompt_too_long", "prompt"),
    ("image", {"prompt": WORD, "n": 0}, "invalid_request", "n"),
    ("image", {"prompt": WORD, "n": 11}, "invalid_request", "n"),
    ("image", {"prompt": WORD, "n": -(10**30)}, "invalid_request", "n"),
    ("image", {"prompt": WORD, "size": "100000x100000"}, "invalid_request", "size"),
    ("image", {"prompt": WORD, "size": "0x0"}, "invalid_request", "size"),
    ("image", {"prompt": WORD, "steps": float("nan")}, "invalid_request", "steps"),
    ("image", {"prompt": WORD, "steps": 10**9}, "invalid_request", "steps"),
    ("image", {"prompt": WORD, "seed": -1}, "invalid_request", "seed"),
    ("image", 7, "invalid_request", None),
]
ANSWERS = {"chat": "chat.responses", "image": "image.results"}


@pytest.fixture(scope="module")
def errors(site: Site) -> dict[str, dict[str, Any]]:
    """The answers to all of them, by request."""
    names = {f"bad-{number}-{uuid.uuid4().hex}": each for number, each in enumerate(BAD)}
    for name, (kind, body, _, _) in names.items():
        site.send(f"{kind}.requests", json.dumps(body).encode(), headers=[("ce_id", name.encode())])

    def look() -> dict[str, dict[str, Any]] | None:
        told = [value for topic in ANSWERS.values() for value in site.values(topic)]
        found = {value["request"]: value for value in told if value["request"] in names}
        return found if len(found) == len(names) else None

    found = eventually(look, "an answer to each", 120)
    return {str(int(name.split("-")[1])): value for name, value in found.items()}


@pytest.mark.parametrize("number", range(len(BAD)))
def test_it_is_answered_by_code_and_field(errors: dict[str, dict[str, Any]], number: int) -> None:
    _, _, code, field = BAD[number]
    error = errors[str(number)]["error"]
    assert (error["code"], error.get("param")) == (code, field)
    assert WORD not in json.dumps(error)


def test_the_worker_lives_and_says_nothing_of_it(errors: dict[str, dict[str, Any]], site: Site) -> None:
    name = uuid.uuid4().hex
    site.send("chat.requests", json.dumps(turn(f"Hello {WORD}")).encode(), headers=[("ce_id", name.encode())])
    eventually(lambda: [v for v in site.values("chat.responses") if v["request"] == name] or None, "an answer", 60)
    logs = list(Path(site.environment["CHALKSTREAM_STATE"]).glob("worker-*.log"))
    assert logs and not any(WORD in log.read_text("utf-8", "replace") for log in logs)
