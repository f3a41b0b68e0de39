"""Trace context: one trace per job, whoever derives it; what a stranger writes is checked before it is used."""

import pytest

from schemas import tracing
from schemas.tracing import Pace

TOLD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_the_trace_of_a_job_is_the_uploaders_or_follows_from_the_job() -> None:
    assert tracing.root("job", TOLD) == TOLD
    assert tracing.root("job") == tracing.root("job", "nonsense") != tracing.root("other")
    assert tracing.valid(tracing.root("job")) == tracing.root("job")


@pytest.mark.parametrize(
    "text",
    ["", "00", TOLD.upper(), "ff" + TOLD[2:], f"00-{'0' * 32}-00f067aa0ba902b7-01", TOLD[:36] + "0" * 16 + "-01", None],
)
def test_what_is_no_context_is_not_used(text: str | None) -> None:
    assert tracing.valid(text) is None


def test_a_header_that_is_no_text_carries_nothing() -> None:
    assert tracing.carried([("traceparent", b"\xff\xfe"), ("x", TOLD.encode())]) is None
    assert tracing.carried([("x", b""), ("traceparent", TOLD.encode())]) == TOLD


def test_how_work_went_travels_and_comes_back() -> None:
    pace = Pace("transcribe", 1.25, 3.5, 2, "0a1b2c3d")
    assert tracing.pace(pace.text()) == pace
    assert tracing.pace("transcribe;waited=x") is None


def test_trace_ids_spread_over_the_range_that_ratio_samplers_look_at() -> None:
    low = [int(tracing.trace_id(tracing.root(str(number)))[16:], 16) >> 63 for number in range(200)]
    assert 60 < sum(low) < 140
