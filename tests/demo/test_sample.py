"""The sample lecture: what its reference says is what its script says, in order, inside the file."""

import json

import av

from demo.lexicon import LANGUAGES
from demo.script import SAMPLE, sample_script

REFERENCE = json.loads((SAMPLE / "lecture.reference.json").read_text("utf-8"))


def test_the_reference_is_the_script() -> None:
    said = [(sentence["speaker"], sentence["text"]) for sentence in REFERENCE["sentences"]]
    assert said == [(line.speaker, dict(line.text)) for line in sample_script()]


def test_sentences_follow_each_other() -> None:
    times = [time for sentence in REFERENCE["sentences"] for time in (sentence["start"], sentence["end"])]
    assert times == sorted(times)
    assert 60 <= times[-1] <= REFERENCE["duration"] <= 90


def test_plain_texts_hold_one_sentence_a_line() -> None:
    for language in LANGUAGES:
        lines = (SAMPLE / f"lecture.{language}.txt").read_text("utf-8").splitlines()
        assert lines == [sentence["text"][language] for sentence in REFERENCE["sentences"]]


def test_the_video_is_small_and_as_long_as_it_says() -> None:
    path = SAMPLE / "lecture.mp4"
    assert path.stat().st_size <= 1_500_000
    with av.open(str(path)) as container:
        assert {stream.type for stream in container.streams} == {"video", "audio"}
        assert abs(container.duration / 1_000_000 - REFERENCE["duration"]) < 1
