"""Which languages a model speaks, read from its own vocabulary; BCP-47 tags, as far as the table knows them."""

import json
import re
from pathlib import Path
from typing import Final

from schemas.languages import FLORES
from schemas.pack import PackModel

_WHISPER: Final = re.compile(r"<\|([a-z]{2,3})\|>")


def spoken(model: PackModel, folder: Path) -> tuple[str, ...]:
    """Tags, sorted; empty where the model's files say nothing of languages."""
    if model.engine == "faster-whisper":
        return ("en",) if (model.hub or "").endswith(".en") else whisper((folder / "tokenizer.json").read_text("utf-8"))
    if model.engine == "ctranslate2-nllb":
        return translation(tokens(folder))
    return ()


def whisper(tokenizer: str) -> tuple[str, ...]:
    """The language marks ``<|en|>`` of a Whisper tokenizer."""
    return tuple(sorted(set(_WHISPER.findall(tokenizer)) & FLORES.keys()))


def translation(vocabulary: frozenset[str]) -> tuple[str, ...]:
    """NLLB-200 marks languages ``fra_Latn``, M2M-100 ``__fr__``."""
    known = {tag for tag, code in FLORES.items() if code in vocabulary or f"__{tag}__" in vocabulary}
    return tuple(sorted(known | ({"jw"} if "__jv__" in vocabulary else set())))


def tokens(folder: Path) -> frozenset[str]:
    """The shared vocabulary of a CTranslate2 model."""
    listed = folder / "shared_vocabulary.json"
    if listed.is_file():
        return frozenset(json.loads(listed.read_text("utf-8")))
    return frozenset((folder / "shared_vocabulary.txt").read_text("utf-8").splitlines())
