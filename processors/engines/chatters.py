"""Which engine a pack's chat model needs. Only the one that is named is imported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from processors.chatting.values import Chatter
from schemas.errors import BadSettings
from schemas.pack import PackModel
from schemas.plan import ModelIdentity

ENGINES = ("ctranslate2-generator", "transformers", "openai-server")


def load(model: PackModel, folder: Path, identity: ModelIdentity, told: Callable[[], dict[str, Any]]) -> Chatter:
    """The model; ``told`` checks its files and says how to run it. Raises BadSettings and Unavailable."""
    if model.engine == "ctranslate2-generator":
        from processors.engines import generator

        return generator.load(**told())
    if model.engine == "transformers":
        from processors.engines import transformers_chat

        return transformers_chat.load(**told())
    if model.engine == "openai-server":
        from processors.engines import openai_server
        from processors.engines.conversing import sampling

        return openai_server.load(folder, identity, model.options, sampling(model.options), _key(model, folder))
    raise BadSettings(f"there is no chat engine {model.engine!r}", f"there are {', '.join(ENGINES)}")


def _key(model: PackModel, folder: Path) -> str | None:
    """What the file ``options.api_key_file`` holds; secrets never stand in a pack."""
    name = model.options.get("api_key_file")
    if not name:
        return None
    try:
        return (folder / str(name)).read_text("utf-8").strip()
    except OSError as error:
        raise BadSettings(f"{folder / str(name)} can't be read: {error.strerror}", "name a readable file") from None
