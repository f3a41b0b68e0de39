"""Chat on topics: a request with OpenAI's body, its deltas, and one ``chat.completion`` or one typed error."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from schemas.base import Model
from schemas.exchanges import ChatLimits, Exchange, Requested, RequestError, WrongField, parsed, wrong_field

MOST_STOPS: Final = 4
LONGEST_STOP: Final = 200
Finish = Literal["stop", "length", "error"]


class ChatDelta(Exchange):
    """More of an answer: ``delta`` is the text that follows what was said; ``seq`` counts from 0 without holes."""

    topic, fact, slot = "chat.deltas", "chat-delta", ("tenant", "seq")
    seq: int
    delta: str
    finish_reason: Finish | None = None


class Said(BaseModel):
    """OpenAI's message of the assistant."""

    role: Literal["assistant"] = "assistant"
    content: str


class Choice(BaseModel):
    """OpenAI's choice; there is one."""

    index: int = 0
    message: Said
    finish_reason: Literal["stop", "length"]


class Usage(BaseModel):
    """Tokens of the prompt with its template, and of the answer without its end mark."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatAnswered(Exchange):
    """The one answer of a request: OpenAI's ``chat.completion``, or ``error``."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True, validate_by_alias=True)

    topic, fact = "chat.responses", "chat-answered"
    completion: str | None = Field(None, alias="id")
    object: Literal["chat.completion"] | None = None
    created: int | None = None
    model: str | None = None
    choices: tuple[Choice, ...] | None = None
    usage: Usage | None = None
    seed_honoured: bool | None = None
    error: RequestError | None = None


class _Strict(Model):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class TextPart(_Strict):
    """A piece of a message; there are pieces of text only."""

    type: Literal["text"]
    text: str


class Message(_Strict):
    """One turn. ``developer`` is what OpenAI calls the system's prompt of late."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    @field_validator("content", mode="before")
    @classmethod
    def _is_text(cls, told: Any) -> Any:
        if not isinstance(told, str | list):
            raise ValueError("must be a text, or a list of text parts")
        return told

    @property
    def turn(self) -> tuple[str, str]:
        """Role and text."""
        text = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return ("system" if self.role == "developer" else self.role), text


class ChatBody(_Strict):
    """The body of a request; what else OpenAI knows is ignored. ``top_k`` is an addition of many servers."""

    model: str | None = None
    messages: list[Message] = Field(min_length=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    max_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=0, le=100_000)
    seed: int | None = Field(None, ge=-(1 << 63), lt=1 << 64)
    stop: str | list[str] | None = None
    stream: bool | None = None
    n: int | None = Field(None, ge=1, le=1)

    @property
    def turns(self) -> tuple[tuple[str, str], ...]:
        """Roles and texts; a system prompt of nothing is none."""
        told = tuple(message.turn for message in self.messages)
        return tuple(turn for turn in told if turn[0] != "system" or turn[1].strip())

    @property
    def stops(self) -> tuple[str, ...]:
        """Where to stop."""
        told = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return tuple(each for each in told if each)

    def most(self, limits: ChatLimits) -> int:
        """Tokens of the answer at most."""
        return self.max_completion_tokens or self.max_tokens or min(limits.usual_tokens, limits.output_tokens)


class ChatRecord(ChatBody):
    """A request as a record has it: the body, and with it the id where no header has one."""

    request: str | None = None


class ChatRequested(Requested):
    """Somebody asks."""

    topic, fact, wire = "chat.requests", "chat-requested", ChatRecord


def read_chat(body: str, limits: ChatLimits) -> ChatBody:
    """The request in ``body``. Raises WrongField, with the code that fits."""
    told = parsed(body)
    try:
        found = ChatBody.model_validate(told)
    except ValidationError as error:
        raise wrong_field(error) from None
    _check_prompt(found, limits)
    if found.most(limits) > limits.output_tokens:
        name = "max_completion_tokens" if found.max_completion_tokens else "max_tokens"
        raise WrongField(name, f"at most {limits.output_tokens} tokens may be asked for")
    if len(found.stops) > MOST_STOPS or any(len(each) > LONGEST_STOP for each in found.stops):
        raise WrongField("stop", f"at most {MOST_STOPS} texts of {LONGEST_STOP} characters")
    return found


def _check_prompt(body: ChatBody, limits: ChatLimits) -> None:
    if len(body.messages) > limits.messages:
        raise WrongField("messages", f"at most {limits.messages} messages", "prompt_too_long")
    if sum(len(text) for _, text in body.turns) > limits.prompt_characters:
        raise WrongField("messages", f"at most {limits.prompt_characters} characters in all", "prompt_too_long")
    empty = next(
        (n for n, each in enumerate(body.messages) if each.turn[0] != "system" and not each.turn[1].strip()), None
    )
    if empty is not None:
        raise WrongField(f"messages[{empty}].content", "must not be empty")
    if not body.turns:
        raise WrongField("messages", "there is no message with a text")


class SaidRecord(BaseModel):
    """A piece of an answer, durable before it is told; the last one, with ``finish``, says all that the answer needs.

    ``tokens``: of the answer so far.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    tokens: int = 0
    prompt_tokens: int = 0
    finish: Finish | None = None
    model: str = ""
    seed_honoured: bool | None = None
    error: RequestError | None = None
