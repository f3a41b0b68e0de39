"""``models convert``: a Hugging Face folder made by the test becomes one that our engines run; or a typed refusal."""

import importlib.util
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.pack import PackModel
from tests import tiny
from tests.commands import chalkstream
from tests.fakes import MODEL

HERE = importlib.util.find_spec("torch") is not None and importlib.util.find_spec("transformers") is not None
COMMON = {"options": {}, "compute_type": "default", "device": "cpu", "workers": 1, "threads": 1}


def model_folder(tmp_path: Path, **config: object) -> Path:
    """As far as the command looks before it needs torch."""
    made = tmp_path / "hf"
    made.mkdir()
    (made / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"], **config}))
    (made / "model.safetensors").write_bytes(b"")
    return made


@pytest.mark.skipif(HERE, reason="torch is installed")
def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    done = chalkstream("models", "convert", model_folder(tmp_path), tmp_path / "out", "--kind", "chat")
    (line,) = done.error_lines
    assert line.startswith("error: unavailable: ") and "pip install 'chalkstream[transformers]'" in line
    assert done.code == 1 and not (tmp_path / "out").exists() and sorted(tmp_path.iterdir()) == [tmp_path / "hf"]


def test_what_can_not_be_converted_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    made = model_folder(tmp_path)
    out, kind = tmp_path / "out", ("--kind", "chat")

    def told(*words: object) -> tuple[int, str]:
        done = chalkstream("models", "convert", *map(str, words))
        return done.code, done.error_lines[0].split(": ")[1]

    assert told(made, out, "--kind", "image") == (2, "settings")
    assert told(made, out, *kind, "--quantization", "int3") == (2, "settings")
    assert told(tmp_path / "none", out, *kind) == (2, "settings")
    assert told(made, made, *kind) == (2, "settings")
    (made / "model.safetensors").rename(made / "pytorch_model.bin")
    assert told(made, out, *kind) == (3, "unsupported_format")
    (made / "pytorch_model.bin").rename(made / "model.safetensors")
    (made / "config.json").write_text('{"auto_map": {"AutoModel": "modeling_own.Own"}}')
    assert told(made, out, *kind) == (3, "unsupported_format")


def converted(make: Callable[[Path], Path], tmp_path: Path, kind: str, quantization: str) -> Path:
    """By the command; what it says for a pack can be read as one."""
    done = chalkstream(
        "models", "convert", make(tmp_path / "hf"), tmp_path / "out", "--kind", kind, "--quantization", quantization
    )
    assert done.code == 0, done.err
    found = PackModel.model_validate(tomllib.loads(done.out)[kind])
    assert (found.compute_type, Path(found.path)) == (quantization, (tmp_path / "out").resolve())
    assert {path.name for path in tmp_path.iterdir()} == {"hf", "out"}
    return tmp_path / "out"


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("quantization", ["int8", "int8_float16", "float16"])
def test_a_chat_model_answers(tmp_path: Path, quantization: str) -> None:
    from processors.chatting.values import Ask, Step
    from processors.engines import generator

    folder = converted(tiny.llama, tmp_path, "chat", quantization)
    chatter = generator.load(folder, MODEL, context=200, **COMMON)  # type: ignore[arg-type]
    ((_, step),) = [
        told for burst in chatter.converse([Ask((("user", "Hello"),), 5)], lambda _: False) for told in burst
    ]
    assert isinstance(step, Step) and 0 < step.tokens <= 5
    assert (folder / "chat_template.jinja").is_file()
    weights = (folder / "model.bin").stat().st_size
    assert weights < (tmp_path / "hf" / "model.safetensors").stat().st_size * (0.6 if "16" in quantization else 0.4)


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_a_translation_model_translates(tmp_path: Path) -> None:
    from processors.engines import nllb

    folder = converted(tiny.nllb, tmp_path, "mt", "int8")
    translator = nllb.load(folder, MODEL, languages=("en", "fr"), max_tokens=8, **COMMON)  # type: ignore[arg-type]
    assert len(translator.translate(["The error is new.", "It is."], ["en", "en"], ["fr", "fr"])) == 2


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_a_speech_model_hears(tmp_path: Path) -> None:
    import numpy as np

    from processors.engines import whisper

    folder = converted(tiny.whisper, tmp_path, "asr", "int8")
    told = {**COMMON, "options": {"beam_size": 1, "max_new_tokens": 8}}
    heard = whisper.load(folder, MODEL, languages=("en",), chunk_seconds=10.0, **told)  # type: ignore[arg-type]
    heard.recognise(np.zeros(16_000, np.float32), "en", [(0.0, 1.0)])


@pytest.mark.train
def test_a_model_of_another_kind_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    done = chalkstream("models", "convert", tiny.llama(tmp_path / "hf"), tmp_path / "out", "--kind", "mt")
    assert done.code == 3 and "unsupported_format" in done.error_lines[0], done.err
    assert {path.name for path in tmp_path.iterdir()} == {"hf"}
