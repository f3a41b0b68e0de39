"""The recorded lecture: the figures that are promised, and a baseline that must be worse."""

import json

from bench.data import make_candle
from bench.layout import RECORDED, compare
from processors.text.layout import lay_out
from processors.text.profiles import profile
from processors.text.sentences import split_sentences
from schemas.transcript import Word


def test_layout_keeps_its_figures_and_beats_a_split_every_84_characters():
    rows = compare(RECORDED, profile("edu-default"), show=False)
    for ours, baseline in zip(rows[::2], rows[1::2], strict=True):
        assert ours["hard"] == 0
        assert ours["soft_cues_percent"] <= (1 if ours["language"] == "en" else 5)
        assert ours["soft_cues_percent"] < baseline["soft_cues_percent"]
        assert ours["cues_ending_at_punctuation_percent"] > 2 * baseline["cues_ending_at_punctuation_percent"]


def test_the_recorded_words_are_what_their_script_makes():
    assert make_candle.made() == RECORDED.read_text("utf-8")


def test_no_cue_of_the_recorded_lecture_holds_a_bit_of_another_sentence():
    words = [Word(**word) for word in json.loads(RECORDED.read_text("utf-8"))["words"]]
    for cue in lay_out(split_sentences(words, "en"), profile("edu-default"), "en", words[-1].end + 2):
        assert ". " not in cue.text or (cue.text[0].isupper() and cue.text.endswith((".", "?")))
