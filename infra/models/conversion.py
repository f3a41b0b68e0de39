"""What a Hugging Face folder must be like to be converted, and what its conversion is called in a pack. Pure but for
reading small files of that folder."""

import json
from pathlib import Path
from typing import Final, Literal

from infra.models import formats
from schemas.errors import BadInput, BadSettings

ConvertedKind = Literal["asr", "mt", "chat"]
ENGINES: Final[dict[ConvertedKind, str]] = {
    "asr": "faster-whisper", "mt": "ctranslate2-nllb", "chat": "ctranslate2-generator",
}  # fmt: skip
QUANTIZATIONS: Final = ("int8", "int8_float16", "float16")
MADE: Final = ("config.json", "model.bin", "vocabulary.json", "shared_vocabulary.json")
"""What the conversion writes itself."""


def copied(source: Path, kind: ConvertedKind) -> list[str]:
    """Files of ``source`` that go along. Raises BadInput for a folder whose weights or code may not be opened."""
    if not (source / "config.json").is_file():
        raise BadSettings(f"there is no config.json in {source}", "name the folder of a Hugging Face model")
    names = sorted(path.name for path in source.iterdir() if path.is_file())
    for name in names:
        if name.endswith("config.json"):
            formats.check_config(ENGINES[kind], name, (source / name).read_text("utf-8"))
    if not any(name.endswith(".safetensors") for name in names):
        what = f"{source} has no safetensors weights, and pickles run code when they are opened"
        raise BadInput("unsupported_format", what, "save the model with safe_serialization=True")
    form = formats.need(ENGINES[kind])
    wanted = [*form.takes, *(pattern for choice in form.needs for pattern in choice)]
    return [name for name in names if name not in MADE and formats.matches(name, wanted)]


def check(made: Path, kind: ConvertedKind) -> None:
    """Raise BadInput unless the engine of ``kind`` can load what was made."""
    engine, names = ENGINES[kind], [path.name for path in made.iterdir()]
    if gap := formats.missing(engine, names):
        raise BadInput("unsupported_format", f"the model has no {gap}", "save its fast tokenizer beside the weights")
    with (made / "model.bin").open("rb") as weights:
        formats.check_weights(engine, "model.bin", weights.read(64))


def section(made: Path, kind: ConvertedKind, quantization: str) -> str:
    """What a pack's ``pack.toml`` says of it; the licence is for people to fill in."""
    facts = {"engine": ENGINES[kind], "path": str(made.resolve()), "licence": "?", "compute_type": quantization}
    return "\n".join([f"[{kind}]", *(f"{name} = {json.dumps(value)}" for name, value in facts.items()), ""])
