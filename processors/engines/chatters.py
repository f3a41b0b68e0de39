"""Which engine a pack's chat model needs. Only the one that is named is imported."""

from collections.abc import Callable
from typing import Any

from processors.chatting.values import Chatter
from schemas.errors import BadSettings
from schemas.pack import PackModel

ENGINES = ("ctranslate2-generator", "transformers", "openai-server")


def load(model: PackModel, told: Callable[[], dict[str, Any]]) -> Chatter:
    """The model; ``told`` checks its files and says how to run it. Raises BadSettings and Unavailable."""
    if model.engine == "ctranslate2-generator":
        from processors.engines import generator

        return generator.load(**told())
    raise BadSettings(f"there is no chat engine {model.engine!r}", f"there are {', '.join(ENGINES)}")
