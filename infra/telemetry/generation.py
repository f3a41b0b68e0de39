"""Attributes of a chat's or a picture's span, by OpenTelemetry's ``gen_ai`` conventions. Pure.

Numbers, a model's name that was found, and how it ended; never a prompt, an answer, or a word of the client's own.
"""

import json
from typing import Any, Final

from schemas.chat import ChatAnswered
from schemas.events import Event
from schemas.exchanges import Requested
from schemas.images import ImagesMade

Attributes = dict[str, Any]
PROVIDER: Final = "chalkstream"
CHAT, IMAGE = "chat", "image_generation"
ASKED: Final = {
    "max_completion_tokens": "gen_ai.request.max_tokens", "max_tokens": "gen_ai.request.max_tokens",
    "temperature": "gen_ai.request.temperature", "top_p": "gen_ai.request.top_p", "top_k": "gen_ai.request.top_k",
    "seed": "gen_ai.request.seed", "n": "gen_ai.request.choice.count",
}  # fmt: skip
"""Numbers of a request's body, and the attribute each one becomes."""
LARGEST: Final = (1 << 63) - 1


def asked(event: Event) -> Attributes:
    """Of a request, as far as it can be read."""
    if not isinstance(event, Requested):
        return {}
    chat = event.topic.startswith("chat")
    found: Attributes = {
        "gen_ai.operation.name": CHAT if chat else IMAGE,
        "gen_ai.output.type": "text" if chat else "image",
        "gen_ai.provider.name": PROVIDER,
    }
    return found | {
        name: body[field] for body in (_body(event),) for field, name in ASKED.items() if _number(body.get(field))
    }


def answered(event: Event) -> Attributes:
    """Of its one answer."""
    match event:
        case ChatAnswered(error=None):
            ends = tuple(choice.finish_reason for choice in event.choices or ())
            return _model(event.model) | _tokens(event) | ({"gen_ai.response.finish_reasons": ends} if ends else {})
        case ImagesMade(error=None):
            return _model(event.model) | {"media.images": len(event.images or ())}
    return {}


def _model(name: str | None) -> Attributes:
    return {"gen_ai.request.model": name, "gen_ai.response.model": name} if name else {}


def _tokens(event: ChatAnswered) -> Attributes:
    if event.usage is None:
        return {}
    told = {"input": event.usage.prompt_tokens, "output": event.usage.completion_tokens}
    return {f"gen_ai.usage.{name}_tokens": count for name, count in told.items()}


def _body(event: Requested) -> dict[str, Any]:
    try:
        found = json.loads(event.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
