"""Files say exactly what the cues say, in either format, whatever the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.text.subtitle_files import cleaned, read, validate, write
from schemas.cues import Cue
from schemas.errors import Broken

FORMATS = pytest.mark.parametrize("file_format", ["srt", "vtt"])
EVIL = (
    "<i>not italic</i>", "a < b and c > d", "if x<y then", "</b>",
    "<font color=red>", "{\\an8}up", "{\\p1}m 0 0", "{note}",
    "{y:i}old", "\\N", "C:\\new\\hard",
    "-->", "00:00:01,000 --> 00:00:02,000", "1:02:03.5 and 1:02:04.5", "00:01.000 00:02.000",
    "42", " 7 ", "٤٢", "& &amp; &lt;", "WEBVTT", "NOTE this",
    "STYLE", "[Script Info]", "e\u0301", "مرحبا", "👩‍👩‍👧", "\u00a0",
    "Quoi\u202f?", "\u200fعربي\u200e", "a\u2060b", "\ufeff", "\ud800", "a\x00b", "a\nb",
    "\r", "\x85", "\u2028", "<", "{", "}", "\\",
)  # fmt: skip
LINES = st.lists(st.sampled_from(EVIL) | st.text(max_size=20), max_size=3).map(tuple)


@st.composite
def cue_lists(draw: st.DrawFn) -> list[Cue]:
    times = sorted(draw(st.sets(st.integers(0, 20_000_000), max_size=12)))
    return [
        Cue(start=start / 1000, end=end / 1000, lines=draw(LINES))
        for start, end in zip(times[::2], times[1::2], strict=False)
    ]


@given(cue_lists(), st.sampled_from(["srt", "vtt"]))
def test_a_round_trip_is_exact(cues, file_format):
    data = write(cues, file_format, "en")
    assert read(data, file_format) == cleaned(cues)
    validate(data, file_format, cues)


@FORMATS
@pytest.mark.parametrize("line", EVIL)
def test_each_evil_line_survives_first_and_last(file_format, line):
    cues = [Cue(start=0, end=1, lines=(line, "text", line)), Cue(start=1, end=2, lines=(line,))]
    validate(write(cues, file_format, "en"), file_format, cues)


def test_srt_text_cannot_be_taken_for_markup():
    text = write([Cue(start=0, end=1, lines=("<i>a</i> {\\an8} --> \\N", "{y:i}"))], "srt", "en").decode()
    body = text.split("\n", 2)[2]
    assert not any(mark in body for mark in ("<i>", "</i>", "{\\an", "-->", "\\N", "{y:"))


def test_plain_text_is_written_as_it_is():
    cues = [
        Cue(start=1.5, end=3.25, lines=("Is 3 < 4 & so on?", "Yes: 5 - 6.")),
        Cue(start=3661, end=3662.007, lines=("é",)),
    ]
    assert write(cues, "srt", "en").decode() == (
        "1\n00:00:01,500 --> 00:00:03,250\nIs 3 < 4 & so on?\nYes: 5 - 6.\n\n2\n01:01:01,000 --> 01:01:02,007\né\n\n"
    )
    assert write(cues, "vtt", "en").decode() == (
        "WEBVTT\n\n1\n00:00:01.500 --> 00:00:03.250\nIs 3 &lt; 4 &amp; so on?\nYes: 5 - 6.\n\n"
        "2\n01:01:01.000 --> 01:01:02.007\né\n\n"
    )


def test_no_cues_make_a_valid_empty_file():
    assert write([], "srt", "en") == b""
    assert write([], "vtt", "en").startswith(b"WEBVTT\n")
    validate(write([], "srt", "en"), "srt", [])
    validate(write([], "vtt", "en"), "vtt", [])


@FORMATS
@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [Cue(start=0, end=1.001, lines=("a", "b"))],
        [Cue(start=0, end=1, lines=("a b",))],
        [Cue(start=0, end=1, lines=("a", "c"))],
        [Cue(start=0, end=1, lines=("a", "b")), Cue(start=1, end=2, lines=("c",))],
    ],
)
def test_any_difference_is_a_bug(file_format, wrong):
    data = write([Cue(start=0, end=1, lines=("a", "b"))], file_format, "en")
    with pytest.raises(Broken) as error:
        validate(data, file_format, wrong)
    assert error.value.code == "internal"


@FORMATS
def test_bytes_that_are_no_text_are_a_bug(file_format):
    with pytest.raises(Broken):
        validate(b"\xff\xfe\x00", file_format, [])
