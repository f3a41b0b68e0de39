"""A model pack: a folder with ``pack.toml`` that says, per engine, which model, whose licence, and how it is run.

A model comes from a directory (``path``, relative to the pack or absolute) or from a hub (``hub``). What comes from
a hub is pinned: ``revision`` is a commit. A pack that was not fetched yet may name a branch to ``follow`` instead;
fetching resolves it once and writes the commit down.
"""

import re
from typing import Any, Final, Literal

from pydantic import ConfigDict, Field, model_validator

from schemas.base import Model

Kind = Literal["asr", "mt", "chat", "image"]
KINDS: tuple[Kind, ...] = ("asr", "mt", "chat", "image")
COMMIT: Final = re.compile(r"[0-9a-f]{40}")


class PackModel(Model):
    """One engine's model. ``files`` holds each file's sha256, ``bytes`` its size; ``allow`` narrows what is fetched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    path: str = ""
    hub: str | None = None
    revision: str = ""
    follow: str = ""
    allow: tuple[str, ...] = ()
    licence: str
    languages: tuple[str, ...] = ()
    compute_type: str = "default"
    chunk_seconds: float = Field(30.0, ge=1.0, le=30.0)
    max_source_tokens: int = Field(256, ge=8)
    context_tokens: int = Field(2048, ge=16)
    sizes: tuple[str, ...] = ()
    options: dict[str, Any] = {}
    training: dict[str, Any] = {}
    files: dict[str, str] = {}
    bytes: dict[str, int] = {}

    @model_validator(mode="after")
    def _pinned(self) -> "PackModel":
        if self.hub and not (COMMIT.fullmatch(self.revision) or (self.follow and not self.revision)):
            raise ValueError("a model from a hub needs revision = a commit of 40 hex digits, or follow = a branch")
        return self


class PackFacts(Model):
    """What the pack says of itself."""

    name: str
    version: str = "1"
    licence: str = ""
    description: str = ""


class Pack(Model):
    """The whole of ``pack.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pack: PackFacts
    asr: PackModel | None = None
    mt: PackModel | None = None
    chat: PackModel | None = None
    image: PackModel | None = None

    def model(self, kind: Kind) -> PackModel | None:
        """The model for one kind of engine."""
        found: PackModel | None = getattr(self, kind)
        return found
