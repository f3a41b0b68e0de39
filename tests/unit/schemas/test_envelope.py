"""Whatever stands in a record: a fact, nothing, or bad input; never another exception, for that would end the loop."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import envelope
from schemas.errors import BadInput
from schemas.events import Event, JobChanged, JobControl, VideoAccepted
from schemas.ids import spread
from schemas.topics import TOPICS

HEADERS = st.lists(st.tuples(st.sampled_from(["ce_type", "ce_id", "x", ""]), st.binary() | st.none()), max_size=4)
VALUES = st.none() | st.binary() | st.sampled_from([b"[" * 50_000, b"{}", b"null", b"1e999", b'{"job":null}'])


def read(topic: str, headers: list[tuple[str, bytes]], value: bytes | None) -> Event | None:
    return envelope.read(topic, headers, None, value, 0, 0)


@given(st.sampled_from([*TOPICS, "strange"]), HEADERS, VALUES)
def test_reading_never_raises_but_bad_input(topic: str, headers: list[tuple[str, bytes]], value: bytes | None) -> None:
    try:
        event = read(topic, headers, value)
    except BadInput as error:
        assert error.code in ("invalid_request", "unknown_version")
    else:
        assert event is None or isinstance(event, Event)


@given(st.text(), st.integers(0, 1000), st.integers(1, 50))
def test_every_job_has_a_place(job: str, index: int, partitions: int) -> None:
    assert 0 <= spread(job, index, partitions) < partitions


def test_what_was_written_is_read() -> None:
    event = VideoAccepted(job="j", run=2, tenant="lab")
    pairs = envelope.headers(event, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert read("media.videos", pairs, envelope.value(event)) == event


@pytest.mark.parametrize(
    ("name", "code"),
    [(b"io.chalkstream.video-accepted.v9", "unknown_version"), (b"\xff", "invalid_request"), (b"x", "invalid_request")],
)
def test_strange_types_have_their_code(name: bytes, code: str) -> None:
    with pytest.raises(BadInput, match=code):
        read("media.videos", [("ce_type", name)], b'{"job":"j"}')


def test_a_tombstone_is_nothing_on_compacted_topics_and_bad_input_elsewhere() -> None:
    assert read("media.jobs", [], None) is None
    with pytest.raises(BadInput):
        read("media.videos", [], None)


def test_a_control_message_needs_no_envelope() -> None:
    said = read("media.control", [], b'{"job":"j","action":"cancel"}')
    assert said == JobControl(job="j", action="cancel")
    with pytest.raises(BadInput, match="unknown_version"):
        read("media.control", [("ce_type", b"io.chalkstream.job-control.v2")], b'{"job":"j","action":"cancel"}')


def test_a_job_on_the_wire_is_flat_as_the_contract_says() -> None:
    changed = JobChanged(job="j", state="running", progress=0.5, languages={"fr": "waiting"}, source={"key": "k"})
    found = JobChanged.model_validate_json(envelope.value(changed))
    assert b'"state":"running"' in envelope.value(changed)
    assert (found, found.id, found.status.progress) == (changed, changed.id, 0.5)
