"""Telemetry without a network: what is chosen, how spans and numbers are named, what is linked, what is never told."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from infra.telemetry import conventions, signals
from infra.telemetry.catalogue import CATALOGUE, series
from infra.telemetry.choice import Choice, choose
from infra.telemetry.starting import CLOSING_SECONDS, QUEUE
from schemas import tracing
from schemas.chat import ChatAnswered, Usage
from schemas.errors import BadSettings, Broken
from schemas.events import BlockAssembled, SpeechTranscribed, UploadNotified, VideoAccepted
from schemas.exchanges import RequestError
from schemas.transcript import Segment
from streams.work import Watch
from tests.fakes import plan
from tests.receiver import receiving
from tests.unit.infra.studio import HERE, TOLD, Studio
from tests.unit.streams.kit import JOB, cut


def span_id(span: ReadableSpan) -> str:
    assert span.context
    return f"{span.context.span_id:016x}"


def test_the_parent_of_process_is_the_send_that_the_record_carries_and_so_on_down_the_chain() -> None:
    studio = Studio()
    carried = studio.do("identify", cut(0), [cut(1)])
    (process,), (stage,), (send,) = (
        studio.named(name) for name in ("process media.chunks", "identify", "send media.chunks")
    )
    assert process.parent and f"{process.parent.span_id:016x}" == TOLD.split("-")[2]
    assert stage.parent and process.context and stage.parent.span_id == process.context.span_id
    assert send.parent and stage.context and send.parent.span_id == stage.context.span_id
    assert carried == [f"00-{TOLD.split('-')[1]}-{span_id(send)}-01"]


def test_the_first_span_of_a_job_has_no_parent_and_its_trace_follows_from_the_job() -> None:
    studio = Studio()
    studio.do("demux", VideoAccepted(job=JOB), [cut(0)], HERE._replace(traceparent=None))
    assert {f"{span.context.trace_id:032x}" for span in studio.spans.get_finished_spans() if span.context} == {
        tracing.trace_id(tracing.root(JOB))
    }
    assert [span.name for span in studio.spans.get_finished_spans() if span.parent is None] == ["process media.chunks"]


def test_an_upload_is_a_span_in_the_trace_of_each_job_it_begins_and_in_no_other() -> None:
    studio = Studio()
    event = UploadNotified(job="notice", objects=(), place="p")
    jobs = [VideoAccepted(job=f"00000000-0000-0000-0000-00000000000{n}") for n in (1, 2)]
    studio.watch = Watch(studio.recorder)
    studio.do("accept", event, jobs, HERE._replace(traceparent=None))
    roots = {tracing.trace_id(tracing.root(each.job)) for each in jobs}
    assert {f"{span.context.trace_id:032x}" for span in studio.named("process media.chunks") if span.context} == roots


def test_a_retry_is_seen_and_leads_to_the_attempt_before() -> None:
    studio = Studio()
    work = studio.watch.item("s", cut(0), HERE)
    for error in (Broken("internal", "the secret text"), None):
        work.begins()
        work.ends(error)
        work.again(error, 1.0) if error else work.over()
    first, second = studio.named("process media.chunks")
    assert first.attributes and first.attributes["error.type"] == "internal" and first.events[0].name == "retry"
    assert first.context and second.links[0].context.span_id == first.context.span_id
    assert 'chalkstream_retries_total{error_type="internal",stage="s"} 1' in studio.page()
    assert "secret" not in str([span.to_json() for span in studio.spans.get_finished_spans()])


def test_a_join_links_its_parts_once_each() -> None:
    studio, sent = Studio(), [f"{TOLD[:36]}{n:016x}-01" for n in range(1, 11)]
    chunks = [SpeechTranscribed(job=JOB, index=n, start=n, end=n + 1, language="en") for n in range(10)]
    blocks = [
        BlockAssembled(job=JOB, block=0, language="en", target=each, sentences=1, characters=1) for each in ("fr", "es")
    ]
    for chunk, context in zip(chunks, sent, strict=True):
        studio.do("assemble", chunk, blocks if chunk.index == 9 else (), HERE._replace(traceparent=context))
    joined = next(span for span in studio.named("assemble") if span.links)
    assert [f"{link.context.span_id:016x}" for link in joined.links] == [context.split("-")[2] for context in sent[:9]]


def test_the_stage_that_takes_notes_and_text_by_the_token_leave_no_spans() -> None:
    studio = Studio()
    assert studio.do("jobs", cut(0), [cut(1)]) == [TOLD]
    assert not studio.spans.get_finished_spans()


def test_attributes_are_by_the_conventions_and_hold_no_words_of_the_users() -> None:
    told = conventions.processing("transcribe", SpeechTranscribed(
        job=JOB, index=4, start=1, end=3, language="en", segments=(Segment(start=1, end=3, text="marmalade"),)
    ), HERE)  # fmt: skip
    assert told["messaging.system"] == "kafka" and told["messaging.operation.type"] == "process"
    assert told["messaging.kafka.offset"] == 7 and told["messaging.destination.partition.id"] == "3"
    assert told["media.audio_seconds"] == 2 and "marmalade" not in str(told)
    assert tracing.name("my own words", "default") != "my own words" and tracing.name(JOB, "default") == JOB


def test_words_per_minute_and_the_first_cue_come_from_the_fact() -> None:
    event = SpeechTranscribed(job=JOB, index=0, start=0, end=6, language="en")
    found = signals.of_fact(event, plan(), datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC))
    assert [each.value for each in found if each.name == "chalkstream.time.to.first.cue"] == [9.0]


CONTRACT = (
    "messaging_process_duration_seconds messaging_client_consumed_messages_total chalkstream_stage_lag_records "
    "chalkstream_queued_audio_seconds chalkstream_inflight chalkstream_oldest_inflight_seconds "
    "chalkstream_retries_total chalkstream_dead_letters_total chalkstream_real_time_factor "
    "chalkstream_time_to_first_cue_seconds gen_ai_client_token_usage gen_ai_server_request_duration_seconds"
)


def test_the_names_of_the_contract_are_in_the_catalogue() -> None:
    assert set(CONTRACT.split()) <= {each.prometheus for each in CATALOGUE.values()}


def test_every_instrument_is_written_and_shown_under_its_name() -> None:
    studio = Studio()
    for each in CATALOGUE.values():
        studio.recorder.numbers.note(each.name, 1.5, dict.fromkeys(each.labels, 'a"b'))
    page = studio.page()
    assert all(f"\n{name}" in page for name in series())
    assert 'error_type="a\\"b"' in page and 'le="+Inf"} 1' in page


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, Choice()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, Choice()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, Choice(*["http/protobuf"] * 3)),  # type: ignore[arg-type]
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "TRUE"}, Choice()),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, Choice(traces="grpc")),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "c", "OTEL_METRICS_EXPORTER": "prometheus", "OTEL_LOGS_EXPORTER": "none"},
            Choice(traces="http/protobuf"),
        ),
    ],
)  # fmt: skip
def test_opentelemetrys_own_variables_decide(environment: dict[str, str], chosen: Choice) -> None:
    assert choose(environment) == chosen


def test_what_is_not_there_stops_the_start() -> None:
    for wrong in (
        {"OTEL_TRACES_EXPORTER": "zipkin"},
        {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "x"},
    ):
        with pytest.raises(BadSettings, match="OTEL_"):
            choose(wrong)


def test_nothing_of_opentelemetry_is_imported_when_nobody_looks() -> None:
    script = "import streams.bootstrap, streams.observing, sys; print('opentelemetry.sdk' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_answer_counts_its_tokens_and_its_seconds_under_its_model() -> None:
    usage = Usage(prompt_tokens=7, completion_tokens=3, total_tokens=10)
    found = signals.of_answer(ChatAnswered(request="r", model="demo/chat", usage=usage), 2.0)
    assert [each.value for each in found] == [2.0, 7, 3]
    assert {each.labels["gen_ai.request.model"] for each in found} == {"demo/chat"}
    wrong = RequestError(code="unknown_model", message="no such")
    (refused,) = signals.of_answer(ChatAnswered(request="r", model="whatever they wrote", error=wrong), 0.1)
    assert "whatever" not in str(refused.labels) and refused.labels["error.type"] == "unknown_model"


TOLD_TO_NOBODY = """
import time
from infra.telemetry.choice import Choice
from infra.telemetry.parts import Parts
from infra.telemetry.starting import QUEUE, start
from streams.parts import JOINS, is_part
from streams.work import Watch
from tests.unit.infra.studio import HERE
from tests.unit.streams.kit import cut

choice = Choice(traces="http/protobuf", metrics="http/protobuf")
telemetry = start(choice, version="0", parts=Parts(JOINS, is_part), paged=False)
watch, began = Watch(telemetry.recorder), time.monotonic()
for number in range(QUEUE):  # two spans each: more than the queue holds
    work = watch.item("s", cut(number), HERE)
    work.begins()
    work.ends(None)
    work.over()
worked = time.monotonic() - began
telemetry.close()
print(worked, time.monotonic() - began - worked)
"""


def test_a_collector_that_never_answers_holds_up_neither_work_nor_exit() -> None:
    """In a process of its own: what its exporters still try belongs to no other test."""
    began = time.monotonic()
    with receiving(mute=True) as hole:
        done = subprocess.run(
            [sys.executable, "-c", TOLD_TO_NOBODY], env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": hole.http},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60, check=True,
        )  # fmt: skip
        over = time.monotonic() - began
    worked, closed = map(float, done.stdout.split())
    assert worked < 0.002 * QUEUE + 1 and closed < CLOSING_SECONDS + 1
    assert over < worked + closed + 10
