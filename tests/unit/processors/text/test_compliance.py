"""Each rule of a profile is seen when it is broken, and not when it is just met."""

import pytest

from processors.text.compliance import HARD, hard_violations, violations
from processors.text.profiles import PROFILES, profile
from schemas.cues import Cue
from schemas.errors import BadInput

EDU = profile("edu-default")
GOOD = Cue(start=1.0, end=3.0, lines=("x" * 17, "y" * 17))


@pytest.mark.parametrize(
    ("rule", "cues"),
    [
        ("empty", [Cue(start=0, end=2, lines=())]),
        ("empty", [Cue(start=0, end=2, lines=("a", " "))]),
        ("order", [Cue(start=2, end=2, lines=("a",))]),
        ("media_end", [Cue(start=8, end=10.001, lines=("a",))]),
        ("lines", [Cue(start=0, end=2, lines=("a", "b", "c"))]),
        ("line_characters", [Cue(start=0, end=5, lines=("a" * 43,))]),
        ("overlap", [GOOD, Cue(start=2.999, end=5, lines=("a",))]),
        ("gap", [GOOD, Cue(start=3.082, end=5, lines=("a",))]),
        ("gap", [GOOD, Cue(start=3.001, end=5, lines=("a",))]),
        ("min_duration", [Cue(start=0, end=0.832, lines=("a",))]),
        ("max_duration", [Cue(start=0, end=7.001, lines=("a",))]),
        ("reading_speed", [Cue(start=0, end=1.999, lines=("x" * 17, "y" * 17))]),
    ],
)
def test_broken_rules_are_seen(rule, cues):
    found = violations(cues, EDU, "fr", 10)
    assert [violation.rule for violation in found] == [rule]
    assert hard_violations(cues, EDU, "fr", 10) == (found if rule in HARD else [])


@pytest.mark.parametrize(
    "cues",
    [
        [GOOD],
        [GOOD, Cue(start=3.0, end=5, lines=("a" * 34,))],
        [GOOD, Cue(start=3.083, end=10, lines=("a",))],
        [Cue(start=0, end=0.833, lines=("a" * 14,)), Cue(start=0.916, end=7.916, lines=("a" * 42, "a" * 42))],
    ],
)
def test_what_is_just_met_is_no_violation(cues):
    assert violations(cues, EDU, "fr", 10) == []


def test_reading_speed_goes_by_language():
    cues = [Cue(start=0, end=2, lines=("x" * 40,))]
    assert violations(cues, EDU, "en-GB", 10) == []
    assert violations(cues, EDU, "de", 10)[0].limit == 17


def test_the_default_profile_is_the_contract():
    assert EDU.model_dump() == {
        "name": "edu-default", "max_lines": 2, "max_line_characters": 42, "min_gap": 0.083, "min_duration": 0.833,
        "max_duration": 7.0, "reading_speed": {"en": 20.0}, "default_reading_speed": 17.0,
    }  # fmt: skip


def test_an_unknown_profile_is_bad_input_and_names_the_known_ones():
    with pytest.raises(BadInput) as error:
        profile("edu")
    assert error.value.code == "unknown_profile"
    assert all(name in error.value.remedy for name in PROFILES)
