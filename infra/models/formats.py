"""What a model's folder must hold, per engine, and what may never be in it. Pure: names and small texts in.

Only safetensors and CTranslate2 are read. Pickles run code when they are opened, and so does a repository that
brings its own (``auto_map``, i.e. ``trust_remote_code``); both are refused, and nothing of them is downloaded.
"""

import json
import struct
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, Final

from schemas.errors import BadInput
from schemas.pack import Kind


@dataclass(frozen=True)
class Format:
    """``needs``: each entry is a choice of patterns; ``takes``: what is fetched besides; ``spec``: of CTranslate2."""

    kind: Kind
    needs: tuple[tuple[str, ...], ...]
    takes: tuple[str, ...] = ()
    spec: str = ""


_VOCABULARY: Final = ("vocabulary.json", "vocabulary.txt")
_SHARED: Final = ("shared_vocabulary.json", "shared_vocabulary.txt")
_PIECES: Final = ("sentencepiece.bpe.model", "*.model", "tokenizer.json")
_VARIANTS: Final = (".fp16.", ".bf16.", ".non_ema.")
"""Second copies of weights beside the plain ones."""

FORMATS: Final[dict[str, Format]] = {
    "faster-whisper": Format(
        "asr", (("config.json",), ("model.bin",), ("tokenizer.json",), _VOCABULARY),
        ("preprocessor_config.json",), "WhisperSpec",
    ),
    "ctranslate2-nllb": Format("mt", (("config.json",), ("model.bin",), _SHARED, _PIECES), (), "TransformerSpec"),
    "ctranslate2-generator": Format(
        "chat", (("config.json",), ("model.bin",), _VOCABULARY, ("tokenizer.json", "*.model")),
        ("tokenizer_config.json", "chat_template.jinja", "generation_config.json"), "TransformerDecoderSpec",
    ),
    "diffusers": Format(
        "image", (("model_index.json",), ("*/*.safetensors",)), ("*/*.json", "*/*.txt", "*/*.model")
    ),
    "transformers": Format(
        "chat", (("config.json",), ("*.safetensors",), ("tokenizer.json", "tokenizer.model")),
        ("*.json", "*.jinja"),
    ),
}  # fmt: skip

PICKLES: Final = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"})
CODE: Final = "auto_map"


def guess(names: Collection[str], engines: Collection[str], *, where: str = "") -> str:
    """Which of ``engines`` a repository with these files is for. Raises BadInput("unsupported_format")."""
    fit = [engine for engine in engines if not missing(engine, names)]
    if not fit:
        raise _unsupported(where, names, "neither CTranslate2 nor safetensors weights with all that belongs to them")
    told = "ctranslate2-generator" if "chat_template.jinja" in names else fit[0]
    return told if told in fit else fit[0]


def choose(engine: str, names: Collection[str], allow: Collection[str] = (), *, where: str = "") -> list[str]:
    """The files to fetch, sorted. Raises BadInput when the engine's files are not all there, or one is a pickle."""
    form = need(engine)
    allowed = [
        name for name in names if is_safe(name) and not _copy(name, names) and (not allow or matches(name, allow))
    ]
    if gap := missing(engine, allowed):
        raise _unsupported(where, names, f"no {gap}")
    wanted = [*form.takes, *(pattern for choice in form.needs for pattern in choice)]
    chosen = sorted(name for name in allowed if matches(name, wanted))
    if bad := next((name for name in chosen if is_pickle(name) and not (form.spec and name == "model.bin")), None):
        raise _unsupported(where, [bad], "a pickle")
    return chosen


def need(engine: str) -> Format:
    """The format of an engine. Raises BadInput("unsupported_format")."""
    if engine not in FORMATS:
        raise BadInput("unsupported_format", f"there is no engine {engine!r}", f"there are {', '.join(FORMATS)}")
    return FORMATS[engine]


def missing(engine: str, names: Collection[str]) -> str:
    """The first needed file that is not among ``names`` ("a or b" where one of several will do), or nothing."""
    choices = FORMATS[engine].needs if engine in FORMATS else ()
    return next((" or ".join(choice) for choice in choices if not any(matches(name, choice) for name in names)), "")


def lost_shards(name: str, text: str, names: Collection[str]) -> list[str]:
    """Shards that the index ``name`` (``*.safetensors.index.json``) lists and that are not among ``names``."""
    folder = PurePosixPath(name).parent
    return sorted({(folder / shard).as_posix() for shard in json.loads(text)["weight_map"].values()} - set(names))


def check_config(engine: str, name: str, text: str) -> None:
    """``text`` of a ``*config.json``. Raises BadInput when it wants its own code run, or is for another engine."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        raise BadInput("unsupported_format", f"{name} is no JSON", "name another model") from None
    facts = found if isinstance(found, dict) else {}
    if CODE in facts:
        what = f"{name} wants code of its own to be run ({CODE}, trust_remote_code)"
        raise BadInput("unsupported_format", what, "name a model that needs none")
    made_for = facts.get("architectures") or ["ForCausalLM"]
    if engine == "transformers" and not any(str(each).endswith("ForCausalLM") for each in made_for):
        what = f"{name} is for {made_for[0]}, which is no chat model"
        raise BadInput("unsupported_format", what, "for speech and translation name a CTranslate2 conversion")


def check_weights(engine: str, name: str, head: bytes) -> None:
    """``head``: a weight file's first 64 bytes. Raises BadInput when they are not what the engine loads."""
    form = FORMATS[engine]
    if name == "model.bin" and form.spec and not spec(head).startswith(form.spec):
        what = f"{name} holds {spec(head) or 'no CTranslate2 model'}, and {engine} needs {form.spec}"
        remedy = "name a CTranslate2 conversion of the right kind of model, as in --from mt=owner/name"
        raise BadInput("unsupported_format", what, remedy)
    if name.endswith(".safetensors") and head[8:9] != b"{":
        raise BadInput("unsupported_format", f"{name} is no safetensors file", "name another model")


def spec(head: bytes) -> str:
    """The model specification that a CTranslate2 ``model.bin`` begins with: u32 version, u16 length, name, NUL."""
    if len(head) < 8:
        return ""
    length = struct.unpack_from("<IH", head)[1]
    name = head[6 : 6 + length].rstrip(b"\0")
    return name.decode("ascii") if name.isascii() and name.endswith(b"Spec") else ""


def _copy(name: str, names: Collection[str]) -> bool:
    return any(part in name and name.replace(part, ".") in names for part in _VARIANTS)


def is_pickle(name: str) -> bool:
    """Whether a file of this name is, by custom, opened by unpickling it."""
    return PurePosixPath(name).suffix.lower() in PICKLES


def is_safe(name: str) -> bool:
    """Whether a name that a server gave stays inside the folder it is written to."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name


def matches(name: str, patterns: Iterable[str]) -> bool:
    """As a shell would, except that ``*`` never crosses a folder."""
    parts = name.split("/")
    cut = (pattern.split("/") for pattern in patterns)
    return any(len(p) == len(parts) and all(map(fnmatchcase, parts, p)) for p in cut)


def _unsupported(where: str, names: Iterable[str], what: str) -> BadInput:
    pickles = [name for name in names if is_pickle(name) and name != "model.bin"]
    also = f", only pickles ({', '.join(sorted(pickles)[:3])}), which run code when opened" if pickles else ""
    remedy = "name a repository with safetensors or a CTranslate2 conversion"
    return BadInput("unsupported_format", f"{where or 'the model'} has {what}{also}", remedy)
