"""What is made of a recogniser's own words: the model is a table, its answers are values."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from processors.engines.whisper import Whisper
from schemas.plan import ModelIdentity

ZERO = 1_000
IDENTITY = ModelIdentity(name="m", revision="1", licence="CC0-1.0", sha256="0")
AUDIO = np.zeros(160_000, dtype=np.float32)
SPEECH = [(0.0, 10.0)]


def segment(text: str, words: Iterable[tuple[str, float, float]] = (), **changed: Any) -> SimpleNamespace:
    """A segment as faster-whisper gives it: its own time tokens say 2 s to 4 s."""
    made = [SimpleNamespace(word=word, start=start, end=end, probability=0.9) for word, start, end in words]
    facts = {
        "start": 1.7, "end": 4.0, "seek": 0, "tokens": [ZERO + 100, 7, ZERO + 200], "text": text, "words": made,
        "avg_logprob": -0.2, "no_speech_prob": 0.0, "compression_ratio": 1.0,
    }  # fmt: skip
    return SimpleNamespace(**{**facts, **changed})


@dataclass
class Model:
    """Answers one list of segments after the other; remembers what it was asked."""

    answers: list[list[SimpleNamespace]]
    asked: list[dict[str, Any]] = field(default_factory=list)
    hf_tokenizer = SimpleNamespace(token_to_id=lambda _token: ZERO - 1)

    def transcribe(self, _audio: Any, **options: Any) -> tuple[list[SimpleNamespace], None]:
        self.asked.append(options)
        return self.answers[min(len(self.asked), len(self.answers)) - 1], None


def engine(*answers: list[SimpleNamespace]) -> tuple[Whisper, Model]:
    """The engine over a table."""
    model = Model(list(answers))
    return Whisper(model, IDENTITY, languages=("en",), chunk_seconds=10, options={}), model


def test_a_segment_keeps_its_own_times() -> None:
    whisper, _ = engine([segment("hello", [(" hello", 1.7, 3.0)])])
    (heard,) = whisper.recognise(AUDIO, "en", SPEECH).segments
    assert (heard.start, heard.end) == (2.0, 4.0)


def test_nothing_is_sampled_and_nothing_dropped_in_silence() -> None:
    whisper, model = engine([segment("hello", [(" hello", 2, 3)])])
    whisper.recognise(AUDIO, "en-GB", SPEECH)
    (asked,) = model.asked
    assert asked["temperature"] == 0.0 and asked["language"] == "en" and asked["word_timestamps"]
    assert asked["no_speech_threshold"] is asked["log_prob_threshold"] is asked["compression_ratio_threshold"] is None


def test_a_weak_result_is_tried_with_a_wider_beam_and_the_better_one_stands() -> None:
    weak = segment("la la la", [(" la", 2, 3)], avg_logprob=-1.5)
    whisper, model = engine([weak], [segment("better", [(" better", 2, 3)])])
    assert [each.text for each in whisper.recognise(AUDIO, "en", SPEECH).segments] == ["better"]
    assert [asked["beam_size"] for asked in model.asked] == [5, 10]


def test_what_is_left_out_is_kept_with_its_reason() -> None:
    loop = segment("go go go go go go", [(" go", 2, 3)], compression_ratio=3.0)
    whisper, _ = engine([loop])
    found = whisper.recognise(AUDIO, "en", SPEECH)
    assert found.segments == () and [(each.text, each.reason) for each in found.suppressed] == [
        ("go go go go go go", "repetition")
    ]


def test_speech_that_lost_its_words_is_heard_again_without_word_times() -> None:
    whisper, model = engine([], [segment("two words", words=())])
    (heard,) = whisper.recognise(AUDIO, "en", SPEECH).segments
    assert [word.text for word in heard.words] == ["two", "words"]
    assert heard.words[0].start == 2.0 and heard.words[-1].end == 4.0
    assert model.asked[1]["word_timestamps"] is False


def test_silence_is_not_heard_again() -> None:
    whisper, model = engine([])
    assert whisper.recognise(AUDIO, "en", [(1.0, 1.3)]).segments == ()
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([" Py", "thon", " is"], ["Python", "is"]),
        (["我", "用", "Py", "thon", "吗"], ["我", "用", "Python", "吗"]),
        ([" one", " ", " two."], ["one", "two."]),
    ],
)
def test_pieces_of_a_word_are_one_word(pieces: list[str], words: list[str]) -> None:
    whisper, _ = engine([segment("".join(pieces), [(piece, 2.0, 3.0) for piece in pieces])])
    (heard,) = whisper.recognise(AUDIO, "en", SPEECH).segments
    assert [word.text for word in heard.words] == words


def test_times_stay_within_the_audio() -> None:
    whisper, _ = engine([segment("late", [(" late", 9.0, 31.0)], tokens=[ZERO + 450, 7, ZERO + 1500])])
    (heard,) = whisper.recognise(AUDIO, "en", SPEECH).segments
    assert heard.end == heard.words[0].end == 10.0
