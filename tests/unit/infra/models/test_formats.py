"""What is taken from a repository, what is missed, and what is never taken."""

import struct

import pytest

from infra.models import formats
from infra.models.installed import BUILT_IN
from schemas.errors import BadInput

WHISPER = ["config.json", "model.bin", "tokenizer.json", "vocabulary.txt", "README.md", ".gitattributes"]
LARGE = [*WHISPER[:3], "vocabulary.json", "preprocessor_config.json"]
M2M = ["config.json", "model.bin", "shared_vocabulary.json", "sentencepiece.bpe.model", "vocab.json"]
CHAT = ["config.json", "tokenizer.json", "model.safetensors", "pytorch_model.bin", "modeling_own.py", "x/y.safetensors"]
PICTURES = [
    "model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "sd-v1.safetensors",
    "unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.bin", "vae/model.safetensors",
]  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "names", "left"),
    [
        ("faster-whisper", WHISPER, {"README.md", ".gitattributes"}),
        ("faster-whisper", LARGE, set()),
        ("ctranslate2-nllb", M2M, {"vocab.json"}),
        ("transformers", CHAT, {"pytorch_model.bin", "modeling_own.py", "x/y.safetensors"}),
        ("diffusers", PICTURES, {PICTURES[3], PICTURES[4], PICTURES[5]}),
    ],
)
def test_only_what_the_engine_reads_is_taken(engine: str, names: list[str], left: set[str]) -> None:
    assert set(formats.choose(engine, names)) == set(names) - left
    assert formats.guess(names, list(formats.FORMATS)) == engine


@pytest.mark.parametrize("gone", WHISPER[:4])
def test_each_needed_file_is_missed_by_name(gone: str) -> None:
    names = [name for name in WHISPER if name != gone]
    with pytest.raises(BadInput, match=gone):
        formats.choose("faster-whisper", names)


def test_an_allow_list_narrows_and_never_widens() -> None:
    assert "model.bin" in formats.choose("ctranslate2-nllb", M2M, ["*"])
    assert "pytorch_model.bin" not in formats.choose("transformers", CHAT, ["*", "pytorch_model.bin"])
    with pytest.raises(BadInput, match="tokenizer"):
        formats.choose("transformers", CHAT, ["config.json", "*.safetensors"])


def test_pickles_are_told_from_models_by_what_stands_beside_them() -> None:
    with pytest.raises(BadInput, match=r"only pickles \(pytorch_model.bin\)"):
        formats.choose("transformers", ["config.json", "tokenizer.json", "pytorch_model.bin"])


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.json", "a/../../x.json", "a\\b.json", "a\0b.json", ""])
def test_names_that_leave_the_folder(name: str) -> None:
    assert not formats.is_safe(name)
    assert name not in formats.choose("transformers", [*CHAT, name])


def head(spec: bytes, version: int = 6) -> bytes:
    return struct.pack("<IH", version, len(spec) + 1) + spec + b"\0" + bytes(40)


def test_the_head_of_model_bin_says_what_it_is() -> None:
    assert formats.spec(head(b"WhisperSpec")) == "WhisperSpec"
    formats.check_weights("faster-whisper", "model.bin", head(b"WhisperSpec"))
    for engine, data in (
        ("faster-whisper", head(b"TransformerSpec")),
        ("ctranslate2-nllb", head(b"TransformerDecoderSpec")),
        ("faster-whisper", b"PK\x03\x04" + bytes(60)),
        ("faster-whisper", b""),
        ("transformers", b"not safetensors at all"),
    ):
        name = "model.safetensors" if engine == "transformers" else "model.bin"
        with pytest.raises(BadInput, match="unsupported_format"):
            formats.check_weights(engine, name, data)


@pytest.mark.parametrize(
    ("kind", "engine"), [("asr", "faster-whisper"), ("mt", "ctranslate2-nllb"), ("chat", "ctranslate2-generator")]
)
def test_models_that_were_really_converted_are_taken(kind: str, engine: str) -> None:
    with (BUILT_IN / "demo" / kind / "model.bin").open("rb") as weights:
        formats.check_weights(engine, "model.bin", weights.read(64))


@pytest.mark.parametrize("text", ['{"auto_map": {}}', "{", '{"architectures": ["BertModel"]}'])
def test_configurations_that_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="unsupported_format"):
        formats.check_config("transformers", "config.json", text)


def test_shards_are_counted_in_the_index_own_folder() -> None:
    index = '{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}'
    names = ["unet/1.safetensors", "2.safetensors"]
    assert formats.lost_shards("unet/x.safetensors.index.json", index, names) == ["unet/2.safetensors"]
