"""Which recognised text is no speech."""

import pytest

from processors.hallucination import reason, weak
from schemas.transcript import Segment


def segment(text: str = "the gradient is small", **changed: float) -> Segment:
    """A segment of two seconds, sound unless changed."""
    facts = {"mean_log_probability": -0.2, "no_speech": 0.01, "compression": 1.2, **changed}
    return Segment(start=1.0, end=3.0, text=text, **facts)


UNDER = [(0.5, 3.5)]


@pytest.mark.parametrize(
    ("heard", "spans", "why"),
    [
        (segment(), UNDER, None),
        (segment(no_speech=0.7, mean_log_probability=-1.2), UNDER, "no_speech"),
        (segment(no_speech=0.7), UNDER, None),
        (segment(compression=2.5), UNDER, "repetition"),
        (segment("and so on " * 6), UNDER, "repetition"),
        (segment("no, no, no, I said"), UNDER, None),
        (segment(), [(3.1, 9.0)], "text_without_speech"),
        (segment(), [], "text_without_speech"),
        (segment("Thanks for watching!", mean_log_probability=-0.8), UNDER, "stock_phrase"),
        (segment("Thanks for watching!"), UNDER, None),
    ],
)
def test_reasons(heard: Segment, spans: list[tuple[float, float]], why: str | None) -> None:
    assert reason(heard, spans) == why


def test_weak_results_are_worth_a_wider_beam() -> None:
    assert weak(segment(mean_log_probability=-1.1)) and weak(segment(compression=3.0))
    assert not weak(segment())
