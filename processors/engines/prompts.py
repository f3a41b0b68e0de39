"""Chat templates and tokens: a conversation becomes the tokens that its model was trained on, and nothing else.

The template runs in jinja2's sandbox and never sees what people wrote: it is given marks in its place. So a template
can't be steered by a text, and special tokens that stand in a text stay text: texts are encoded by a tokenizer that
knows none. What a template does with texts (trimming, say) is not done to them.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from schemas.errors import BadInput, BadSettings
from schemas.exchanges import WrongField

MARK: Final = "\ue000{}\ue001"
_MARKS: Final = re.compile("\ue000(\\d+)\ue001")


class Prompts:
    """The template and tokenizer of the model in directory ``path``. Raises BadSettings when one is missing."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer

        if not (path / "tokenizer.json").is_file():
            raise BadSettings(f"the chat model misses {path / 'tokenizer.json'}", "fetch or copy the model again")
        told = json.loads((path / "tokenizer.json").read_text("utf-8"))
        self._marked = Tokenizer.from_str(json.dumps({**told, "post_processor": None}))
        self._plain = Tokenizer.from_str(json.dumps({**told, "post_processor": None, "added_tokens": []}))
        self._special = {each["content"]: int(each["id"]) for each in told.get("added_tokens", ())}
        self._config = _config(path)
        self._template = _template(path, self._config)
        self.ends = _ends(path, self._config, self._marked)

    def encode(self, turns: Sequence[tuple[str, str]]) -> list[int]:
        """The prompt after which the assistant speaks. Raises BadInput where the template refuses."""
        return self.split(turns)[0]

    def split(self, turns: Sequence[tuple[str, str]]) -> tuple[list[int], int]:
        """The same, and how many of its tokens are the system's: what stands before its text, and that text."""
        messages = [{"role": role, "content": MARK.format(at)} for at, (role, _) in enumerate(turns)]
        pieces = _MARKS.split(self._rendered(messages))
        found: list[int] = []
        system = 0
        for at, piece in enumerate(pieces):
            found += self.plain(turns[int(piece)][1]) if at % 2 else self._encode_marked(piece)
            if at == 1 and turns[int(piece)][0] == "system":
                system = len(found)
        return found, system

    def plain(self, text: str) -> list[int]:
        """Tokens of a text in which nothing is special."""
        ids = [int(each) for each in self._plain.encode(text, add_special_tokens=False).ids] if text else []
        if not self._forbidden.intersection(ids):
            return ids
        halves = self._broken(text)
        return [each for half in halves for each in self.plain(half)] if len(halves) > 1 else [
            each for each in ids if each not in self._forbidden
        ]  # fmt: skip

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens; special ones are left out."""
        return str(self._marked.decode(list(ids), skip_special_tokens=True))

    def token(self, number: int) -> str:
        """Its name in the vocabulary."""
        return str(self._marked.id_to_token(number))

    @cached_property
    def _forbidden(self) -> frozenset[int]:
        return frozenset(self._special.values())

    def _broken(self, text: str) -> list[str]:
        """``text`` cut inside the first special token that stands in it."""
        places = [text.find(name) for name in self._special if len(name) > 1]
        at = min((place for place in places if place >= 0), default=-1)
        return [text[: at + 1], text[at + 1 :]] if at >= 0 else [text]

    def _encode_marked(self, text: str) -> list[int]:
        return [int(each) for each in self._marked.encode(text, add_special_tokens=False).ids] if text else []

    def _rendered(self, messages: list[dict[str, str]]) -> str:
        from jinja2 import TemplateError

        names = {name: _named(self._config.get(name)) for name in ("bos_token", "eos_token", "unk_token", "pad_token")}
        try:
            return str(self._template.render(messages=messages, add_generation_prompt=True, tools=None, **names))
        except WrongField:
            raise
        except (TemplateError, TypeError, ValueError) as error:
            raise BadInput("invalid_request", f"messages: the model's template refuses them ({type(error).__name__})") \
                from None  # fmt: skip


def _config(path: Path) -> dict[str, Any]:
    file = path / "tokenizer_config.json"
    return dict(json.loads(file.read_text("utf-8"))) if file.is_file() else {}


def _named(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token or "")


def _template(path: Path, config: dict[str, Any]) -> Any:
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    file, told = path / "chat_template.jinja", config.get("chat_template")
    if isinstance(told, list):
        told = {each["name"]: each["template"] for each in told}.get("default")
    text = file.read_text("utf-8") if file.is_file() else told
    if not text:
        raise BadSettings(f"the chat model in {path} brings no chat template", "name a model that was made to chat")
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    made.filters["tojson"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
    made.globals["raise_exception"] = _refuse
    made.globals["strftime_now"] = lambda form: datetime.now().astimezone().strftime(form)
    return made.from_string(text)


def _refuse(reason: str) -> None:
    """What a template calls when it can't take a conversation; its reason is its own text, not the user's."""
    raise WrongField("messages", f"the model's template refuses them: {_MARKS.sub('…', str(reason))[:200]}")


def _ends(path: Path, config: dict[str, Any], tokenizer: Any) -> frozenset[int]:
    """Ids that end an answer: those of ``generation_config.json``, and the end mark of the tokenizer."""
    file = path / "generation_config.json"
    told = json.loads(file.read_text("utf-8")).get("eos_token_id") if file.is_file() else None
    ids = {told} if isinstance(told, int) else set(told or ())
    named = tokenizer.token_to_id(_named(config.get("eos_token")))
    return frozenset(ids | ({named} if named is not None else set()))
