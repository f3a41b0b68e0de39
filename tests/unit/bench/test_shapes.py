"""True-shape models: vocabularies that libraries accept, outputs of a forced length, the same text in every arm."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import arms, ours, shapes, words
from bench.audio import talk

SAID = 8


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("bench")


def test_words_are_different_and_lower_case() -> None:
    found = [words.word(number) for number in range(200_000)]
    assert len(set(found)) == len(found)
    assert all(word.isascii() and word.islower() for word in found)


def test_whisper_has_its_tokens_where_libraries_look_for_them() -> None:
    tokens = words.whisper_tokens()
    assert len(tokens) == len(set(tokens)) == 51_865
    assert (tokens[50_256], tokens[50_257], tokens[50_363]) == ("", "<|endoftext|>", "<|notimestamps|>")
    assert tokens[-1] == "<|30.00|>"


def test_nllb_has_its_size() -> None:
    tokens = words.nllb_tokens()
    assert len(tokens) == len(set(tokens)) == 256_206


@pytest.mark.slow
def test_the_bare_model_and_ours_say_the_same_words(cache: Path) -> None:
    pack, media = shapes.pack(cache, asr="tiny", words=SAID), talk(cache, 40.0)
    with ours.finished(media, pack, ours.warm(pack)) as ended:
        chunks, run = ended.chunks(), ended.run
    bare = arms.bare(arms.load(pack / "asr", threads=1), chunks, workers=1)
    assert (bare.tokens, bare.digest, bare.windows) == (run.tokens, run.digest, run.windows)
    assert run.tokens == SAID * len(chunks)


@pytest.mark.slow
def test_a_target_is_as_long_as_its_source_says(cache: Path) -> None:
    from bench.figures.translation import load

    engine = load(shapes.translator(cache, "micro"), (1, 1), 4)
    texts = [f"{words.word(30_000)} {shapes.length_word(length)} {words.word(40_000)}." for length in (6, 14, 28)]
    made = engine.translate(texts, ["en"] * 3, ["fr"] * 3)
    assert [len(text.split()) for text in made] == [6, 14, 28]
    assert len(engine.translate([words.word(30_000)], ["en"], ["de"])[0].split()) == shapes.USUAL
