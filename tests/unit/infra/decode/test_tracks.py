"""The track rule: number, language, default, first; speech decides against a silent one."""

import pytest

from infra.decode import tracks
from schemas.errors import BadInput
from schemas.media import Track

ENGLISH = Track(index=1, codec="aac", language="eng")
FRENCH = Track(index=2, codec="aac", language="fre", default=True)
GERMAN = Track(index=5, codec="aac", language="de-AT")
UNNAMED = Track(index=7, codec="aac")
ALL = (ENGLISH, FRENCH, GERMAN, UNNAMED)


def first(track: int | None = None, language: str | None = None) -> Track:
    return tracks.order(ALL, track, language)[0]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("en", ENGLISH), ("en-GB", ENGLISH), ("fr", FRENCH), ("fr-CA", FRENCH), ("de", GERMAN), ("ja", FRENCH)],
)
def test_a_language_finds_its_track_else_the_default(wanted: str, found: Track) -> None:
    assert first(language=wanted) == found


@pytest.mark.parametrize(
    ("tag", "language"),
    [("ger", "de"), ("deu", "de"), ("chi", "zh"), ("zh-Hans", "zh"), ("nob", "no"), ("pt_BR", "pt"), ("und", None),
     ("", None), (None, None), ("gsw", "gsw")],
)  # fmt: skip
def test_tags_of_all_kinds(tag: str | None, language: str | None) -> None:
    assert tracks.language(tag) == language


def test_without_wishes_the_default_and_without_default_the_first() -> None:
    assert first() == FRENCH
    assert tracks.order((GERMAN, ENGLISH), None, None)[0] == ENGLISH


def test_a_number_is_final() -> None:
    assert tracks.order(ALL, 5, "en") == [GERMAN]
    with pytest.raises(BadInput) as caught:
        tracks.order(ALL, 3, None)
    assert caught.value.code == "invalid_request"


def test_enough_speech_keeps_the_preferred() -> None:
    assert tracks.decide(ALL, {1: 2.0, 2: 40.0}) == ENGLISH


def test_hardly_any_speech_gives_way_to_more() -> None:
    chosen = tracks.decide(ALL, {1: 1.9, 5: 30.0, 7: 50.0})
    assert chosen == GERMAN
    assert "1 (eng)" in tracks.warnings(ALL, chosen)[0] and "5 (de-AT)" in tracks.warnings(ALL, chosen)[0]


def test_silence_everywhere_keeps_the_preferred() -> None:
    assert tracks.decide(ALL, {}) == ENGLISH and tracks.warnings(ALL, ENGLISH) == ()
