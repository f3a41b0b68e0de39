"""A model pack: a folder with ``pack.toml`` that says, per engine, which model, whose licence, and how it is run."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from schemas.base import Model

Kind = Literal["asr", "mt", "chat", "image"]
KINDS: tuple[Kind, ...] = ("asr", "mt", "chat", "image")


class PackModel(Model):
    """One engine's model. ``path`` is relative to the pack; ``hub`` with a pinned ``revision`` is fetched into it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    path: str = ""
    hub: str | None = None
    revision: str = ""
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
