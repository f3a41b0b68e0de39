"""``/v1/chat/completions``, as OpenAI has it: a request on a topic (or a thread), its deltas and its answer.

A request that is wrong is refused before it is sent; one that fails before its first word is an HTTP error, later ones
an event of the stream.
"""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from schemas.chat import ChatAnswered, ChatBody, ChatDelta, ChatRequested, read_chat
from schemas.errors import BadInput, Broken, ChalkstreamError, rebuild
from schemas.exchanges import Exchange, RequestError, WrongField
from streams.gateway.events import Stream
from streams.gateway.forms import arriving
from streams.gateway.problems import documented, openai_body
from streams.gateway.site import Here, Site, Who
from streams.gateway.taking import need_services

router = APIRouter(prefix="/v1/chat", tags=["openai"])
LONGEST: Final = 1 << 19
ASK: Final[dict[str, Any]] = {"messages": [{"role": "user", "content": "What is a proof?"}], "stream": False}
ANSWER: Final[dict[str, Any]] = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1767225600, "model": "demo-chat",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "A proof is …"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21},
}  # fmt: skip


def body_of(example: dict[str, Any]) -> dict[str, Any]:
    """An OpenAI body, for OpenAPI; what we don't know of it is ignored, so all that is said of it is its shape."""
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def answer_of(example: dict[str, Any], *, stream: bool = False) -> dict[int | str, dict[str, Any]]:
    """The answer and the errors, for OpenAPI."""
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}, "example": example}}
    if stream:
        content["text/event-stream"] = {}
    told: dict[int | str, dict[str, Any]] = {200: {"description": "The answer", "content": content}}
    return told | documented(404, 408, 409, 413, 504, openai=True)


async def text_of(request: Request) -> str:
    """A body of JSON. Raises BadInput."""
    found = bytearray()
    async for chunk in arriving(request):
        found += chunk
        if len(found) > LONGEST:
            raise BadInput("too_large", f"the body is larger than {LONGEST >> 10} KiB", "ask for less at once")
    try:
        text = found.decode()
        json.loads(text)
    except (ValueError, RecursionError):
        raise WrongField(None, "the body is no JSON in UTF-8") from None
    return text


@router.post(
    "/completions", response_class=Response, summary="Chat", openapi_extra=body_of(ASK),
    responses=answer_of(ANSWER, stream=True),
)  # fmt: skip
async def completions(request: Request, caller: Who, here: Here) -> Response:
    """As OpenAI has it, also with ``stream`` and ``stream_options``; tools and pictures are not known here."""
    text = await text_of(request)
    body = read_chat(text, here.settings.chat)
    need_services(here)
    asked = ChatRequested(request=uuid.uuid4().hex, tenant=caller.tenant, body=text)
    with ExitStack() as held:
        held.enter_context(here.limits.hold(caller.tenant, "chats", here.settings.chat.inflight))
        said = here.backend.ask(asked, ChatAnswered)
        if body.stream:
            first = await anext(said)
            while isinstance(first, ChatDelta) and not first.delta:
                first = await anext(said)
            if isinstance(first, ChatAnswered) and first.error:
                raise failed(first.error)
            usage = json.loads(text).get("stream_options")
            told = _Told(asked, body, int(here.now()), bool(isinstance(usage, dict) and usage.get("include_usage")))
            return Stream(_streamed(told, first, said, here), held.pop_all())
        async with aclosing(said):  # type: ignore[type-var]
            async for each in said:
                if isinstance(each, ChatAnswered):
                    return JSONResponse(completion(each))
    raise Broken("internal", "there was no answer")


def completion(answer: ChatAnswered) -> dict[str, Any]:
    """The answer in OpenAI's shape. Raises what it ended with."""
    if answer.error:
        raise failed(answer.error)
    told = answer.model_dump(mode="json", exclude={"tenant", "error"}, by_alias=True)
    return told | {"id": told["id"] or f"chatcmpl-{answer.request}"}


def failed(info: RequestError) -> ChalkstreamError:
    """The error, with the field that it is about."""
    error = rebuild(info)
    error.param = info.param  # type: ignore[attr-defined]
    return error


class _Told:
    """What a stream says again and again."""

    def __init__(self, asked: ChatRequested, body: ChatBody, created: int, usage: bool) -> None:
        self.usage, self.said = usage, ""
        self._head = {
            "id": f"chatcmpl-{asked.request}", "object": "chat.completion.chunk", "created": created,
            "model": body.model or "default",
        }  # fmt: skip

    def chunk(self, text: str | None, finish: str | None = None) -> str:
        """One event."""
        delta = {} if text is None else {"content": text}
        if text is not None and not self.said:
            delta["role"] = "assistant"
        self.said += text or ""
        return event(self._head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def end(self, answer: ChatAnswered) -> str:
        """What deltas had not said yet, the reason, the usage."""
        choice = answer.choices[0] if answer.choices else None
        rest = choice.message.content[len(self.said) :] if choice else ""
        lines = (self.chunk(rest) if rest or not self.said else "") + self.chunk(
            None, choice.finish_reason if choice else "stop"
        )
        usage = answer.usage.model_dump() if answer.usage else None
        return lines + (event(self._head | {"choices": [], "usage": usage}) if self.usage else "")


async def _streamed(told: _Told, first: Exchange, said: AsyncIterator[Exchange], here: Site) -> AsyncIterator[str]:
    async with aclosing(said):  # type: ignore[type-var]
        try:
            async for each in _with(first, said):
                if isinstance(each, ChatDelta) and each.delta:
                    yield told.chunk(each.delta)
                elif isinstance(each, ChatAnswered):
                    if each.error:
                        raise failed(each.error)
                    yield told.end(each)
            yield "data: [DONE]\n\n"
        except ChalkstreamError as error:
            yield event(openai_body(error))


async def _with(first: Exchange, said: AsyncIterator[Exchange]) -> AsyncIterator[Exchange]:
    yield first
    async for each in said:
        yield each


def event(data: dict[str, Any]) -> str:
    """A server-sent event without a name."""
    return f"data: {json.dumps(data, ensure_ascii=True)}\n\n"
