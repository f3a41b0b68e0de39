"""Hard limits hold for any words; reading speed, durations and breaks are good for real ones."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.text.characters import clean
from processors.text.compliance import hard_violations, violations
from processors.text.layout import lay_out, lay_over
from processors.text.profiles import PROFILES, profile
from processors.text.sentences import split_sentences
from schemas.cues import Cue
from schemas.transcript import Sentence, Translation, Word
from tests.unit.processors.text.hostile import TEXTS, sentences

EDU = profile("edu-default")
LANGUAGES = st.sampled_from(["en", "fr", "es", "de", "zh", "ja", "th", "ar", "pt-BR"])
STYLES = st.sampled_from(list(PROFILES.values()))
ENDS = st.sampled_from([0.0, 0.001, 0.05, 1.0, 30.0, 120.0, 20_000.0])


def letters_of(texts: list[str]) -> str:
    return unicodedata.normalize("NFC", "".join("".join(clean(text).split()) for text in texts))


def shown(cues: list[Cue]) -> str:
    return letters_of([line for cue in cues for line in cue.lines])


@given(sentences(), STYLES, LANGUAGES, ENDS)
def test_hard_limits_hold_for_any_words(given_sentences, style, language, media_end):
    cues = lay_out(given_sentences, style, language, media_end)
    assert hard_violations(cues, style, language, media_end) == []


@given(sentences(), st.lists(TEXTS, max_size=20), STYLES, LANGUAGES, ENDS)
def test_hard_limits_hold_for_any_translation(sources, texts, style, language, media_end):
    texts = (texts + ["x"] * len(sources))[: len(sources)]
    translations = [Translation(text=text) for text in texts]
    cues = lay_over(sources, translations, style, language, media_end)
    assert hard_violations(cues, style, language, media_end) == []
    if media_end >= 1:
        assert shown(cues) == letters_of(texts)


@given(sentences())
def test_every_word_is_shown_once_in_order(given_sentences):
    cues = lay_out(given_sentences, EDU, "en", 20_000)
    assert shown(cues) == letters_of([word.text for sentence in given_sentences for word in sentence.words])


@given(sentences(st.from_regex(r"[a-z]{1,9}[,.?]?", fullmatch=True)), LANGUAGES)
def test_the_same_words_give_the_same_cues(given_sentences, language):
    assert lay_out(given_sentences, EDU, language, 500) == lay_out(list(given_sentences), EDU, language, 500)


@given(sentences())
def test_no_cue_hangs_on_after_its_speech(given_sentences):
    """BBC 5.2: at most 1.5 s, here from the last word on that can have been in the cue."""
    ends = [max(word.end, word.start) for sentence in given_sentences for word in sentence.words]
    for cue in lay_out(given_sentences, EDU, "en", 1e6):
        assert cue.end <= max(max(ends), cue.start) + 1.5 + 0.12 + 0.04 * len(ends)


def talk(text: str, *, rate: float = 15.0, pause: float = 0.5, start: float = 0.0) -> list[Word]:
    """Words spoken at ``rate`` characters a second with pauses after sentences."""
    words, time = [], start
    for word in text.split():
        length = (len(word) + 1) / rate
        words.append(Word(start=time, end=time + length, text=word))
        time += length + (pause if word[-1] in ".?!。" else 0.0)
    return words


def cues_of(text: str, language: str, *, rate: float = 15.0, pause: float = 0.5) -> list[tuple[str, ...]]:
    words = talk(text, rate=rate, pause=pause)
    cues = lay_out(split_sentences(words, language), EDU, language, words[-1].end + 5)
    assert violations(cues, EDU, language, words[-1].end + 5) == []
    return [cue.lines for cue in cues]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "This fits on a single line.", [("This fits on a single line.",)]),
        (
            "en",
            "We are met on a great battle-field of that war. "
            "It is altogether fitting and proper that we should do this.",
            [
                ("We are met on a great", "battle-field of that war."),
                ("It is altogether fitting and proper", "that we should do this."),
            ],
        ),
        (
            "fr",
            "La lumière de la bougie est produite par la combustion de la cire qui monte dans la mèche.",
            [
                ("La lumière de la bougie est produite", "par la combustion de la cire"),
                ("qui monte dans la mèche.",),
            ],
        ),
        (
            "es",
            "No hay mejor puerta de entrada al estudio de la naturaleza que los fenómenos de una vela.",
            [
                ("No hay mejor puerta de entrada", "al estudio de la naturaleza"),
                ("que los fenómenos de una vela.",),
            ],
        ),
        (
            "de",
            "Das Wachs steigt im Docht nach oben, weil die Flamme es schmilzt und der Docht es aufsaugt.",
            [
                ("Das Wachs steigt im Docht nach oben,",),
                ("weil die Flamme es schmilzt", "und der Docht es aufsaugt."),
            ],
        ),
    ],
)
def test_breaks_fall_where_phrases_end(language, text, expected):
    assert cues_of(text, language, rate=12.0) == expected


def test_short_sentences_share_a_cue_when_they_are_said_together():
    assert cues_of("Yes. No. Perhaps.", "en", pause=0.1) == [("Yes. No. Perhaps.",)]


def test_sentences_far_apart_do_not_share_a_cue():
    assert len(cues_of("Yes. No.", "en", pause=3.0)) == 2


def test_a_word_longer_than_a_line_is_cut_and_nothing_else_is():
    lines = [line for cue in cues_of("see " + "x" * 100 + " there", "en", rate=10) for line in cue]
    assert "".join(lines).replace(" ", "") == "see" + "x" * 100 + "there"
    assert not any(part.endswith("se") for part in lines)


def test_chinese_breaks_without_blanks_and_no_line_begins_with_a_comma():
    text = "我们今天要讲的是蜡烛的化学史，因为没有哪一条自然规律不在这些现象里起作用，" * 3 + "没有更好的门了。"
    source = Sentence(words=tuple(talk("word " * 60)))
    cues = lay_over([source], [Translation(text=text)], EDU, "zh", 60)
    lines = [line for cue in cues for line in cue.lines]
    assert "".join(lines) == text
    assert all(len(line) <= 42 and line[0] not in "，。" for line in lines)
    assert violations(cues, EDU, "zh", 60) == []


def test_right_to_left_text_is_left_as_it_is():
    text = "مرحبا بكم في هذه المحاضرة"
    cues = lay_over([Sentence(words=tuple(talk("hello and welcome to this")))], [Translation(text=text)], EDU, "ar", 9)
    assert [cue.lines for cue in cues] == [(text,)]


def test_a_translation_stays_with_its_source_and_empty_ones_are_left_out():
    sources = split_sentences(talk("The first one is here. Nothing now. The third one comes last.", pause=3), "en")
    texts = ["Voici la première phrase.", "", "La troisième vient en dernier."]
    cues = lay_over(sources, [Translation(text=text, marked="same") for text in texts], EDU, "fr", 60)
    assert [cue.text for cue in cues] == [texts[0], texts[2]]
    assert abs(cues[0].start - sources[0].start) <= 0.5
    assert abs(cues[1].start - sources[2].start) <= 1.0


def test_a_pause_inside_the_source_is_a_pause_in_the_translation():
    words = (*talk("when the candle burns,"), *talk("the wax melts into a little cup", start=20))
    translation = Translation(text="quand la bougie brûle, la cire fond en une petite coupe")
    cues = lay_over([Sentence(words=words)], [translation], EDU, "fr", 60)
    assert cues[0].text == "quand la bougie brûle,"
    assert 19 <= cues[1].start <= 21


def test_translations_must_match_their_sources():
    with pytest.raises(ValueError, match="shorter"):
        lay_over([Sentence(words=tuple(talk("one")))], [], EDU, "fr", 9)


def test_no_sentences_no_cues():
    assert lay_out([], EDU, "en", 10) == []
    assert lay_over([], [], EDU, "fr", 0) == []


def test_cues_are_closed_up_within_a_run_of_speech():
    words = talk("The first sentence is this one here. The second sentence is this one here.", pause=0.3)
    one, two = lay_out(split_sentences(words, "en"), EDU, "en", 60)
    assert round(two.start - one.end, 3) in (0, 0.083)


def test_a_long_translation_runs_on_into_the_pause_after_its_source():
    source = Sentence(words=tuple(talk("It is so bright.", rate=16)))
    text = "C'est une lumière tellement vive et tellement claire qu'on ne peut presque pas la regarder sans lunettes."
    cues = lay_over([source], [Translation(text=text)], EDU, "fr", 60)
    assert len(cues) == 2
    assert cues[1].start > source.end + 1.5
    assert cues[1].end <= source.end + 4
