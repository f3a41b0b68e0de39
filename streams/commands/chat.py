"""``chalkstream chat``: one question, its answer as it comes."""

import os
import sys
from typing import Any

from infra.settings import read
from processors.chat import STAGE
from schemas import envelope
from schemas.chat import ChatAnswered, ChatDelta, ChatRequested
from schemas.exchanges import Exchange
from streams import logs
from streams.commands.asking import answers, raise_error


def chat(
    text: str, *, system: str | None, max_tokens: int | None, models: str | None, as_json: bool, local: bool
) -> None:
    """Print the answer; with ``as_json`` the answer as it stands on the topic. Raises the error it ended with."""
    settings = read(os.environ, models=models)
    logs.for_people()
    said = ""
    for event in answers(STAGE, ChatRequested, _body(text, system, max_tokens), settings, local=local):
        said = _show(event, said, as_json=as_json)


def _body(text: str, system: str | None, max_tokens: int | None) -> dict[str, Any]:
    turns = [{"role": "system", "content": system}] if system else []
    body: dict[str, Any] = {"messages": [*turns, {"role": "user", "content": text}], "stream": True}
    return body if max_tokens is None else {**body, "max_completion_tokens": max_tokens}


def _show(event: Exchange, said: str, *, as_json: bool) -> str:
    """Write what is new; the answer holds all of it, whatever deltas were missed."""
    if isinstance(event, ChatDelta) and not as_json:
        sys.stdout.write(event.delta)
        said += event.delta
    elif isinstance(event, ChatAnswered):
        raise_error(event)
        whole = event.choices[0].message.content if event.choices else ""
        sys.stdout.write(envelope.value(event).decode() if as_json else whole[len(said) :] if whole else "")
        sys.stdout.write("\n")
    sys.stdout.flush()
    return said
