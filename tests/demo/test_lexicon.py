"""The lexicon's law: translation is one-to-one both ways, word by word and sentence by sentence."""

import random

import pytest

from demo import grammar, lexicon

LANGUAGES = lexicon.LANGUAGES
OTHERS = LANGUAGES[1:]


def test_there_are_276_english_words() -> None:
    assert len(grammar.english_words()) == 276


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_nouns_share_a_word(language: str) -> None:
    found = [row[language].word for row in lexicon.words().nouns]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["adjectives", "verbs"])
def test_no_two_words_share_a_form(language: str, kind: str) -> None:
    rows = getattr(lexicon.words(), kind)
    forms = [form for row in rows for form in set(row[language])]
    assert len(set(forms)) == len(forms)


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_names_one_sentence_in_every_language(language: str) -> None:
    rng, there, back = random.Random(1), dict[str, str](), dict[str, str]()
    for _ in range(8_000):
        sentence = grammar.draw(rng)
        assert there.setdefault(sentence["en"], sentence[language]) == sentence[language]
        assert back.setdefault(sentence[language], sentence["en"]) == sentence["en"]


def test_articles_follow_their_exceptions() -> None:
    rng = random.Random(2)
    said = {language: " ".join(grammar.draw(rng)[language] for _ in range(8_000)).lower() for language in LANGUAGES}
    assert "l'haut-parleur" not in said["fr"] and "le haut-parleur" in said["fr"]
    assert "la agua" not in said["es"] and "esta agua" in said["es"]
    assert "den gradient " not in said["de"] and "den gradienten" in said["de"]
    assert " a example" not in said["en"] and " an example" in said["en"]
