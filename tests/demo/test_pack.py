"""The shipped pack: as its manifest says, loaded by its libraries' public loaders, at work on the sample lecture."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo import grammar, manifest
from demo.scores import word_errors
from demo.script import SAMPLE
from tests.needs import library

PACK = Path(__file__).parents[2] / "infra" / "packs" / "demo"
FACTS = manifest.read(PACK)
REFERENCE = json.loads((SAMPLE / "lecture.reference.json").read_text("utf-8"))
MEBIBYTE = 1 << 20


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_every_file_is_recorded_and_as_recorded() -> None:
    manifest.verify(PACK)
    for name in manifest.SECTIONS:
        assert FACTS[name]["files"] == manifest.checksums(PACK / name)


def test_it_is_small_and_says_how_it_was_made() -> None:
    assert sum(path.stat().st_size for path in PACK.rglob("*") if path.is_file()) <= 30 * MEBIBYTE
    for name in manifest.SECTIONS:
        assert {"command", "seed", "steps", "versions"} <= FACTS[name]["training"].keys()
        assert FACTS[name]["licence"] == "CC0-1.0"
        assert (PACK / "cards" / f"{name}.md").is_file()


@pytest.mark.parametrize("name", manifest.SECTIONS)
def test_the_command_that_is_told_is_the_one_that_made_it(name: str) -> None:
    training = FACTS[name]["training"]
    words = training["command"].split()
    assert words[words.index("--only") + 1] == name
    assert training["steps"] == int(words[words.index("--steps") + 1])
    assert training["seed"] == int(words[words.index("--seed") + 1])
    assert "note" not in training, "made by more than the command"


@pytest.fixture(scope="module")
def recogniser() -> Iterator[Any]:
    from faster_whisper import WhisperModel

    yield WhisperModel(str(PACK / "asr"), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)


def _heard(recogniser: Any, **options: Any) -> tuple[list[Any], Any]:
    segments, info = recogniser.transcribe(
        str(SAMPLE / "lecture.mp4"), vad_filter=True, **FACTS["asr"]["options"], **options
    )
    return list(segments), info


def test_it_hears_the_sample_lecture(recogniser: Any) -> None:
    segments, info = _heard(recogniser)
    said = grammar.normal(" ".join(sentence["text"]["en"] for sentence in REFERENCE["sentences"]))
    heard = grammar.normal(" ".join(segment.text for segment in segments))
    assert recogniser.model.is_multilingual and info.language == "en"
    assert word_errors(said, heard) <= 0.08 * len(said.split())


def test_word_times_lose_nothing(recogniser: Any) -> None:
    timed, _ = _heard(recogniser, word_timestamps=True)
    plain, _ = _heard(recogniser)
    assert all(len(segment.words) == len(segment.text.split()) for segment in timed)
    assert len(timed) >= len(plain) - 1


def test_it_translates_the_sample_lecture() -> None:
    from demo.evaluate_mt import Interpreter

    interpreter = Interpreter.load(PACK)
    said = [sentence["text"] for sentence in REFERENCE["sentences"]]
    for target in ("fr", "es", "de"):
        made = interpreter.translate([text["en"] for text in said], "en", target)
        right = sum(text[target] == translated for text, translated in zip(said, made, strict=True))
        assert right >= 0.85 * len(said)


@pytest.mark.train
def test_translation_loads_with_a_transformers_tokenizer() -> None:
    import ctranslate2

    transformers = library("transformers", "train")
    tokenizer = transformers.AutoTokenizer.from_pretrained(PACK / "mt", src_lang="eng_Latn")
    translator = ctranslate2.Translator(str(PACK / "mt"), compute_type="int8")
    source = tokenizer.convert_ids_to_tokens(tokenizer("The error is very interesting.").input_ids)
    assert tokenizer.convert_tokens_to_ids("deu_Latn") > 3
    found = translator.translate_batch([source], target_prefix=[["deu_Latn"]], beam_size=4)[0].hypotheses[0][1:]
    assert tokenizer.decode(tokenizer.convert_tokens_to_ids(found)) == "Der Fehler ist sehr interessant."


@pytest.mark.train
def test_chat_loads_with_its_own_template() -> None:
    library("transformers", "train")
    from demo.evaluate_chat import Assistant

    assistant = Assistant.load(PACK)
    assert assistant.answer("What is a gradient?").startswith("A gradient is a vector")


@pytest.mark.train
@pytest.mark.filterwarnings("default")  # diffusers' own imports warn
def test_image_loads_as_a_pipeline() -> None:
    library("diffusers", "train")
    from demo.evaluate_image import load

    picture = load(PACK)("a red circle on a white background", num_inference_steps=2).images[0]
    assert picture.size == (64, 64)
