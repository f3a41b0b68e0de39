"""Models that won't load: the real libraries' errors, as one line that names the model and what to do."""

import shutil
import struct
from pathlib import Path

import pytest

from processors.engines import nllb, whisper
from processors.engines.loading import refused
from schemas.errors import BadSettings
from schemas.plan import ModelIdentity

DEMO = Path("infra/packs/demo")
WHO = ModelIdentity(name="demo", revision="1", licence="CC0-1.0", sha256="")


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO / "asr", tmp_path / "asr"))


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DEMO / "mt", tmp_path / "mt"))


def recogniser(path: Path, compute_type: str = "int8") -> whisper.Whisper:
    return whisper.load(
        path, WHO, languages=["en"], chunk_seconds=10, options={}, compute_type=compute_type, device="cpu",
        workers=1, threads=1,
    )  # fmt: skip


def translator(path: Path) -> nllb.Nllb:
    return nllb.load(
        path, WHO, languages=["en", "fr"], max_tokens=128, options={}, compute_type="int8", device="cpu",
        workers=1, threads=1,
    )  # fmt: skip


def problem(path: Path) -> str:
    with pytest.raises(BadSettings) as caught:
        (recogniser if path.name == "asr" else translator)(path)
    assert str(path) in str(caught.value)
    assert caught.value.remedy
    return str(caught.value)


@pytest.mark.parametrize("kind", ["asr", "mt"])
def test_weights_of_a_newer_format(speech: Path, words: Path, kind: str) -> None:
    path = speech if kind == "asr" else words
    data = (path / "model.bin").read_bytes()
    (path / "model.bin").write_bytes(struct.pack("<I", 99) + data[4:])
    assert "newer ctranslate2" in problem(path)


@pytest.mark.parametrize("kind", ["asr", "mt"])
@pytest.mark.parametrize("length", [0, 3, 100_000])
def test_weights_that_stop_too_early(speech: Path, words: Path, kind: str, length: int) -> None:
    path = speech if kind == "asr" else words
    (path / "model.bin").write_bytes((path / "model.bin").read_bytes()[:length])
    assert "models check" in problem(path)


def test_a_tokenizer_is_never_looked_for_elsewhere(speech: Path) -> None:
    (speech / "tokenizer.json").unlink()
    assert "tokenizer.json" in problem(speech)


def test_a_tokenizer_that_is_none(speech: Path) -> None:
    (speech / "tokenizer.json").write_text("{}")
    assert problem(speech)


def test_a_model_of_128_bands_needs_to_be_told_so(speech: Path) -> None:
    recogniser(speech)
    (speech / "preprocessor_config.json").write_text('{"feature_size": 128}')
    assert "preprocessor_config.json" in problem(speech)


@pytest.mark.parametrize("names", [["sentencepiece.bpe.model", "tokenizer.json"], ["shared_vocabulary.json"]])
def test_translation_without_what_it_needs(words: Path, names: list[str]) -> None:
    for name in names:
        (words / name).unlink()
    assert problem(words)


def test_a_compute_type_that_nobody_knows(speech: Path) -> None:
    with pytest.raises(BadSettings, match="compute_type"):
        recogniser(speech, compute_type="int3")


def test_a_reason_stays_one_short_line() -> None:
    assert "\n" not in str(refused(Path("x"), RuntimeError("a\nb" * 1000)))
    assert len(refused(Path("x"), RuntimeError("a" * 9999)).message) < 400


def test_language_marks_are_those_of_the_vocabulary() -> None:
    assert nllb.marks(frozenset({"fra_Latn"}))("fr") == "fra_Latn"
    m2m = nllb.marks(frozenset({"__en__", "__fr__"}))
    assert (m2m("pt-BR"), m2m("jw")) == ("__pt__", "__jv__")
