"""Chat by any server that speaks OpenAI's API (vLLM, llama.cpp): it does the batching, we keep the promises.

Answers are read as streams, so a cancelled one is hung up on. What fails before the first word is tried again; what
breaks off later is asked again with what was said as the beginning of the answer, where the server can do that
(``continues = true`` in the pack: vLLM's ``continue_final_message``), else it ends with ``crashed``, for a second text
under one id is worse. Prompts and answers are in no error message.
"""

import importlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Any, Final

from processors.chatting.values import Ask, Sampling, Step, Told, bursts
from schemas.errors import BadInput, BadSettings, Broken, Cancelled, ChalkstreamError, Unavailable
from schemas.plan import ModelIdentity

TRIES: Final = 3
PAUSE: Final = 0.5
AT_ONCE: Final = 64
AGAIN: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
TOO_LONG: Final = "context_length_exceeded"


class Refused(Exception):
    """The server's answer before any word: ``status`` of HTTP, and OpenAI's ``code``."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Server:
    """Where it is and how patient we are; ``pause`` before the second try, twice as long before each further one."""

    url: str
    model: str
    key: str | None = None
    connect_seconds: float = 5.0
    silence_seconds: float = 120.0
    continues: bool = False
    tries: int = TRIES
    pause: float = PAUSE


class OpenAIChatter:
    """Implements ``Chatter``. ``library``: httpx2 or httpx."""

    seeds = True

    def __init__(self, server: Server, identity: ModelIdentity, usual: Sampling, library: Any) -> None:
        self.identity, self.usual, self._server, self._library = identity, usual, server, library
        timeout = library.Timeout(server.silence_seconds, connect=server.connect_seconds)
        limits = library.Limits(max_connections=AT_ONCE)
        headers = {"authorization": f"Bearer {server.key}"} if server.key else {}
        self._client = library.Client(
            base_url=server.url.rstrip("/") + "/", headers=headers, timeout=timeout, limits=limits, trust_env=False
        )
        self._threads = ThreadPoolExecutor(AT_ONCE, "openai-server")

    def converse(self, asks: Sequence[Ask], left: Callable[[int], bool]) -> Iterator[list[Told]]:
        """See ``Chatter``."""
        told: SimpleQueue[Told] = SimpleQueue()
        gone: list[bool] = []
        for at, ask in enumerate(asks):
            self._threads.submit(self._one, at, ask, told.put, lambda at=at: bool(gone) or left(at))  # type: ignore[misc]
        try:
            yield from bursts(told, len(asks))
        finally:
            gone.append(True)

    def _one(self, at: int, ask: Ask, tell: Callable[[Told], None], left: Callable[[], bool]) -> None:
        said = ask
        try:
            for attempt in range(self._server.tries):
                said, over = self._try(at, said, tell, left, last=attempt == self._server.tries - 1)
                if over:
                    return
                time.sleep(self._server.pause * 2**attempt)
        except ChalkstreamError as error:
            tell((at, error))
        except Exception as error:
            what = f"{type(error).__name__} while the chat server's answer was read"
            tell((at, Broken("internal", what, "please report it")))

    def _try(
        self, at: int, ask: Ask, tell: Callable[[Told], None], left: Callable[[], bool], *, last: bool
    ) -> tuple[Ask, bool]:
        """One call: what has been said by its end, and whether it is over. Raises what ends the ask."""
        if ask.said and not self._server.continues:
            raise Broken("crashed", "the answer broke off, and this server can't go on with one", "ask again")
        try:
            for step in self._steps(ask, left):
                ask = replace(ask, said=ask.said + step.text, spent=step.tokens)
                tell((at, step))
                if step.finish:
                    return ask, True
            broken: ChalkstreamError = Unavailable("the chat server broke off", "see its log")
        except Refused as error:
            broken = _meaning(error)
            if error.status not in AGAIN:
                raise broken from None
        except self._library.TimeoutException:
            broken = Unavailable("the chat server is silent", "see its log", code="timeout")
        except self._library.TransportError as error:
            broken = Unavailable(f"the chat server can't be reached ({type(error).__name__})", "check base_url")
        if last:
            raise broken
        return ask, False

    def _steps(self, ask: Ask, left: Callable[[], bool]) -> Iterator[Step]:
        with self._client.stream("POST", "chat/completions", json=_body(ask, self._server)) as response:
            if response.status_code != 200:
                response.read()
                raise Refused(response.status_code, _code(response))
            reading = _Reading(ask)
            for line in response.iter_lines():
                if left():
                    raise Cancelled
                if line.startswith("data:") and (step := reading.step(line[5:].strip())):
                    yield step
                    if step.finish:
                        return


@dataclass
class _Reading:
    """Server-sent events of one answer; usage comes after the finish reason, and with some servers never."""

    ask: Ask
    text: str = ""
    finish: str | None = None
    tokens: int = 0
    prompt_tokens: int = 0

    def step(self, data: str) -> Step | None:
        """The step that an event makes, if it makes one."""
        if data == "[DONE]":
            return self._made(self.finish or "stop")
        event = json.loads(data)
        for choice in (event.get("choices") or ())[:1]:
            self.text += (choice.get("delta") or {}).get("content") or ""
            self.finish = choice.get("finish_reason") or self.finish
            self.tokens += 1 if self.text else 0
        if usage := event.get("usage"):
            self.tokens, self.prompt_tokens = int(usage["completion_tokens"]), int(usage["prompt_tokens"])
        return self._made(None) if self.text and self.ask.stream and not self.finish else None

    def _made(self, finish: str | None) -> Step:
        text, self.text = self.text, ""
        ended = None if finish is None else "length" if finish == "length" else "stop"
        return Step(text, self.ask.spent + self.tokens, self.prompt_tokens, ended)  # type: ignore[arg-type]


def _body(ask: Ask, server: Server) -> dict[str, Any]:
    turns = [{"role": role, "content": text} for role, text in ask.turns]
    body = {
        "model": server.model, "messages": turns, "max_tokens": max(1, ask.most - ask.spent), "stream": True,
        "stream_options": {"include_usage": True}, "temperature": ask.sampling.temperature,
        "top_p": ask.sampling.top_p, "stop": list(ask.stop) or None, "seed": ask.seed,
    }  # fmt: skip
    if ask.said:
        turns.append({"role": "assistant", "content": ask.said})
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    if ask.sampling.top_k:
        body["top_k"] = ask.sampling.top_k
    return {name: value for name, value in body.items() if value is not None}


def _code(response: Any) -> str:
    try:
        return str(response.json()["error"].get("code") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _meaning(error: Refused) -> ChalkstreamError:
    """The server's own text stays there: it may quote the prompt."""
    if error.code == TOO_LONG:
        return BadInput("prompt_too_long", "messages: more than the server's context holds")
    if error.status in (401, 403):
        return Unavailable("the chat server does not know us", "set api_key_file for this model in its pack.toml")
    if error.status == 429:
        return Unavailable("the chat server has too much to do", "try again later", code="overloaded")
    if error.status in AGAIN:
        return Unavailable(f"the chat server answers {error.status}", "see its log")
    if error.status == 404:
        return Unavailable("the chat server has no such model or path", "check base_url and model in pack.toml")
    return BadInput("invalid_request", f"the chat server refuses the request ({error.status})")


def load(
    path: Any, identity: ModelIdentity, options: Mapping[str, Any], usual: Sampling, key: str | None
) -> OpenAIChatter:
    """The server that ``options`` name: ``base_url``, ``model``, and how patient to be. Raises BadSettings."""
    missing = next((name for name in ("base_url", "model") if not options.get(name)), None)
    if missing:
        raise BadSettings(f"the chat model of the pack at {path} misses options.{missing}", "see docs/models.md")
    known = {
        name: options[name] for name in ("connect_seconds", "silence_seconds", "continues", "tries") if name in options
    }
    server = Server(str(options["base_url"]), str(options["model"]), key, **known)
    return OpenAIChatter(server, identity, usual, library())


def library() -> Any:
    """httpx2, or httpx where that is what is here: their calls are the same. Raises Unavailable."""
    for name in ("httpx2", "httpx"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise Unavailable("a chat server needs httpx, which is not installed", "pip install httpx")
