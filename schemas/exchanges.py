"""Requests that are answered (chat, images): who asks, which request it is, and what is said when it can't be served.

A record with plain JSON from any Kafka client is a request (CONTRACT §3). Its id is ``ce_id``, else the JSON field
``request``, else topic-partition-offset; never the record's key, for one key may ask many questions. Two tenants
that use the same id never meet: ids and places of what is said are derived from the tenant too.
"""

import json
import re
from typing import Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.errors import BadInput, BadInputCode, ErrorInfo
from schemas.events import Event, PlainEvent

LONGEST_ID: Final = 200
DEEP: Final = 8
TENANT: Final = "default"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class ChatLimits(BaseModel):
    """What a chat request may ask for. ``inflight``: requests of one tenant that one worker has in hand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt_characters: int = Field(100_000, ge=1)
    messages: int = Field(1_000, ge=1)
    output_tokens: int = Field(2_048, ge=1)
    usual_tokens: int = Field(512, ge=1)
    inflight: int = Field(1_000, ge=1)


class ImageLimits(BaseModel):
    """What an image request may ask for; ``side`` in pixels. The model's own sizes hold besides."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt_characters: int = Field(4_000, ge=1)
    side: int = Field(2_048, ge=8)
    steps: int = Field(150, ge=1)
    images: int = Field(10, ge=1, le=10)
    inflight: int = Field(100, ge=1)


class RequestError(ErrorInfo):
    """Why there is no answer; ``param`` names the field that is wrong, as OpenAI does."""

    param: str | None = None


class WrongField(BadInput):
    """One field of a request can't be used."""

    def __init__(self, param: str | None, message: str, code: BadInputCode = "invalid_request") -> None:
        super().__init__(code, f"{param}: {message}" if param else message)
        self.param = param


class Exchange(Event):
    """Something said about one request. On the wire the request's id stands alone, where lectures have a job."""

    by_job: ClassVar[bool] = False
    slot: ClassVar[tuple[str, ...]] = ("tenant",)

    job: str = Field("", exclude=True)
    run: int = Field(0, exclude=True)
    request: str

    @model_validator(mode="before")
    @classmethod
    def _named(cls, told: Any) -> Any:
        return {**told, "job": told.get("request", "")} if isinstance(told, dict) else told


class Requested(Exchange, PlainEvent):
    """A request as it was written: ``body`` is its JSON text, looked into by the stage that answers it."""

    body: str

    @classmethod
    def from_record(cls, headers: dict[str, str], key: bytes | None, value: bytes | None, place: str) -> Self:
        """Any JSON is a request; what is none, or in a version of ours that is not known, raises BadInput."""
        told = headers.get("ce_type", "")
        if told.startswith(cls.wire_type().rpartition(".v")[0] + ".v") and told != cls.wire_type():
            raise BadInput("unknown_version", f"record of type {told!r} is not known here")
        try:
            text = (value or b"").decode()
            name = request_id(headers, json.loads(text), place)
        except (ValueError, RecursionError):
            raise BadInput("invalid_request", "the request is no JSON in UTF-8") from None
        return cls(request=name, tenant=tenant_of(headers), body=text)


def request_id(headers: dict[str, str], body: Any, place: str) -> str:
    """The first of the three that can be one."""
    told = body.get("request") if isinstance(body, dict) else None
    return next((str(each) for each in (headers.get("ce_id"), told) if _is_id(each)), place)


def tenant_of(headers: dict[str, str]) -> str:
    """Who asks."""
    told = headers.get("tenant", "").strip()
    return told if _is_id(told) else TENANT


def _is_id(told: Any) -> bool:
    return isinstance(told, str) and 0 < len(told) <= LONGEST_ID and told.isprintable()


def parsed(body: str) -> dict[str, Any]:
    """The object in a request's body. Raises WrongField."""
    found = json.loads(body)
    if not isinstance(found, dict):
        raise WrongField(None, "the body must be a JSON object")
    if (where := lone_surrogate(found)) is not None:
        raise WrongField(path(where), "holds half of a surrogate pair, which is no character")
    return found


def lone_surrogate(body: dict[str, Any]) -> tuple[int | str, ...] | None:
    """Where in parsed JSON a text stands that can't be written in UTF-8; nesting may be as deep as it likes."""
    left: list[tuple[tuple[int | str, ...], Any]] = [((), body)]
    while left:
        where, value = left.pop()
        if isinstance(value, str) and _SURROGATE.search(value):
            return where
        if isinstance(value, dict):
            left += [(where, name) for name in value]
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        left += [((*where, name) if len(where) < DEEP else where, each) for name, each in inside]
    return None


def wrong_field(error: ValidationError) -> WrongField:
    """What pydantic found wrong, deepest inside, named as a client would write it: ``messages[0].role``."""
    first = max(error.errors(include_input=False, include_url=False), key=lambda each: len(each["loc"]))
    return WrongField(path(first["loc"]), first["msg"].removeprefix("Value error, "))


def path(where: tuple[int | str, ...]) -> str:
    """``("messages", 0, "role")`` as ``messages[0].role``; which of several types was tried is left out."""
    named = [part for part in where if not (isinstance(part, str) and (part == "str" or "[" in part))]
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in named).lstrip(".")
