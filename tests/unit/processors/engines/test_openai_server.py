"""A chat server on loopback that fails in every way it can: tried again, gone on with, or said by its code."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from processors.chatting.values import Ask, Sampling, Step
from processors.engines import openai_server
from processors.engines.openai_server import OpenAIChatter, Server
from schemas.errors import BadSettings, Cancelled, ChalkstreamError
from tests.fakes import MODEL

WORDS = ["one ", "two ", "three"]
Play = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Plays what ``plays`` says, call by call, then answers well."""

    plays: list[Play]
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append({**body, "path": self.path, "key": self.headers.get("authorization")})
        (self.plays.pop(0) if self.plays else well)(self, body)

    def log_message(self, *_: Any) -> None: ...

    def say(self, *events: Any) -> None:
        for event in events:
            text = event if isinstance(event, str) else json.dumps(event)
            self.wfile.write(f"data: {text}\n\n".encode())
            self.wfile.flush()

    def begin(self, status: int = 200) -> None:
        self.send_response(status)
        self.end_headers()


def delta(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}


def well(handler: Handler, body: dict[str, Any]) -> None:
    """Goes on where the last message of the assistant ends."""
    said = body["messages"][-1]["content"] if body["messages"][-1]["role"] == "assistant" else ""
    left = [word for at, word in enumerate(WORDS) if len("".join(WORDS[:at])) >= len(said)]
    handler.begin()
    handler.say(*(delta(word) for word in left), delta("", "length" if body["max_tokens"] < 3 else "stop"))
    handler.say({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": len(left)}}, "[DONE]")


def status(number: int, code: str = "") -> Play:
    def play(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin(number)
        handler.wfile.write(json.dumps({"error": {"code": code, "message": "SECRET PROMPT"}}).encode())

    return play


def breaks_off(handler: Handler, _: dict[str, Any]) -> None:
    handler.begin()
    handler.say(delta(WORDS[0]))


@pytest.fixture
def server() -> Iterator[tuple[str, type[Handler]]]:
    handler = type("Playing", (Handler,), {"plays": [], "asked": []})
    there = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=there.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{there.server_port}/v1", handler
    there.shutdown()
    there.server_close()


def talk(url: str, *asks: Ask, left: Callable[[int], bool] = lambda _: False, **told: Any) -> list[Any]:
    """Texts and ends, by ask."""
    made = Server(url, "m", "key", connect_seconds=1, silence_seconds=1, pause=0.0, **told)
    chatter = OpenAIChatter(made, MODEL, Sampling(), openai_server.library())
    texts, ends = [""] * len(asks), list[Any]([None] * len(asks))
    for at, what in (told for burst in chatter.converse(asks, left) for told in burst):
        texts[at] += what.text if isinstance(what, Step) else ""
        ends[at] = what
    chatter._client.close()
    return list(zip(texts, ends, strict=True))


def ask(**told: Any) -> Ask:
    return Ask((("system", "s"), ("user", "u")), told.pop("most", 9), **told)


def test_an_answer_is_read_and_counted(server: tuple[str, type[Handler]]) -> None:
    url, handler = server
    asked = ask(sampling=Sampling(0.5, 0.9, 40), seed=3, stop=("x",), stream=True)
    ((text, end),) = talk(url, asked)
    assert (text, end.tokens, end.prompt_tokens, end.finish) == ("one two three", 3, 5, "stop")
    (body,) = handler.asked
    assert body["path"] == "/v1/chat/completions" and body["key"] == "Bearer key"
    told = {name: body[name] for name in ("temperature", "top_p", "top_k", "seed", "stop", "max_tokens", "model")}
    assert told == {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "seed": 3,
        "stop": ["x"],
        "max_tokens": 9,
        "model": "m",
    }


@pytest.mark.parametrize("play", [status(503), status(429), status(500), lambda h, _: h.connection.close()])
def test_what_fails_before_the_first_word_is_tried_again(server: tuple[str, type[Handler]], play: Play) -> None:
    url, handler = server
    handler.plays += [play, play]
    ((text, end),) = talk(url, ask())
    assert text == "one two three" and end.finish == "stop" and len(handler.asked) == 3


@pytest.mark.parametrize(
    ("play", "code"),
    [(status(503), "unavailable"), (status(429), "overloaded"), (status(401), "unavailable"),
     (status(400, "context_length_exceeded"), "prompt_too_long"), (status(400), "invalid_request")],
)  # fmt: skip
def test_what_stays_wrong_is_said_by_its_code_without_the_server_s_words(
    server: tuple[str, type[Handler]], play: Play, code: str
) -> None:
    url, handler = server
    handler.plays += [play] * 3
    ((_, end),) = talk(url, ask())
    assert isinstance(end, ChalkstreamError) and end.code == code and "SECRET" not in str(end)


def test_a_server_that_is_not_there_or_silent_is_told_apart(server: tuple[str, type[Handler]]) -> None:
    ((_, end),) = talk("http://127.0.0.1:9/v1", ask())
    assert end.code == "unavailable"
    url, handler = server
    quiet = threading.Event()
    handler.plays += [lambda _h, _b: quiet.wait(3)]  # type: ignore[list-item,return-value]
    ((_, end),) = talk(url, ask(), tries=1)
    quiet.set()
    assert end.code == "timeout"


def test_a_stream_that_broke_off_goes_on_where_the_server_can_and_never_tells_two_texts(
    server: tuple[str, type[Handler]],
) -> None:
    url, handler = server
    handler.plays += [breaks_off]
    ((text, end),) = talk(url, ask(stream=True), continues=True)
    assert text == "one two three" and end.tokens == 3
    assert handler.asked[-1]["messages"][-1] == {"role": "assistant", "content": "one "}
    handler.plays += [breaks_off]
    ((text, end),) = talk(url, ask(stream=True))
    assert (text, end.code) == ("one ", "crashed")


def test_a_left_answer_is_hung_up_on_and_the_others_are_not(server: tuple[str, type[Handler]]) -> None:
    url, _ = server
    (gone, stays) = talk(url, ask(stream=True), ask(stream=True), left=lambda at: at == 0)
    assert isinstance(gone[1], Cancelled) and stays[0] == "one two three"


def test_a_pack_without_an_address_is_told_what_it_misses() -> None:
    with pytest.raises(BadSettings, match="base_url"):
        openai_server.load(Path("p"), MODEL, {"model": "m"}, Sampling(), None)
