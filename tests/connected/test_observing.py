"""One trace per upload, on real Kafka and MinIO, exported to a real OTLP receiver; real Prometheus where there is one.

The installation is this module's own: a worker that is not traced, in the same groups, would do part of the work.
"""

import itertools
import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local import services as local
from infra.local.endpoints import Endpoints
from infra.local.ports import free_port
from schemas import tracing
from tests.commands import LECTURE, ROOT, chalkstream, command, environment
from tests.connected.conftest import require_tools, say
from tests.needs import tool
from tests.receiver import Receiver, Seen, receiving

TOLD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
MARKER = "marmalade"
STAGES = ("accept", "demux", "chunk", "identify", "transcribe", "assemble", "translate", "subtitle", "finish", "jobs")
JOINS = ("assemble", "subtitle", "finish")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    require_tools()
    state = tmp_path_factory.mktemp("observed")
    try:
        at = local.up(state, kafka_port=free_port(), minio_port=free_port(), progress=say)
        assert chalkstream("init", **at.settings()).code == 0
        yield at
    finally:
        local.down(state)


@contextmanager
def worker(
    at: Endpoints, log: Path, program: Sequence[str] = tuple(command("worker")), **changed: str
) -> Iterator["subprocess.Popen[str]"]:
    """A worker that is ready; ended, and gone, at the end."""
    settings = {**at.settings(), "CHALKSTREAM_STATE": str(log.parent), **changed}
    with log.open("a") as errors:
        process = subprocess.Popen(
            program, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=environment(**settings)
        )
    try:
        assert process.stdout and process.stdout.readline() == "ready\n", log.read_text()
        yield process
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout:
            process.stdout.close()


def until(found: Callable[[], Any], seconds: float = 120.0) -> Any:
    """What is found once it is there."""
    end = time.monotonic() + seconds
    while not (there := found()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.3)
    return there


def put(at: Endpoints, name: str, **metadata: str) -> None:
    client = boto3.client(
        "s3", endpoint_url=at.endpoint, aws_access_key_id=at.access_key, aws_secret_access_key=at.secret_key,
        region_name=at.region,
    )  # fmt: skip
    client.upload_file(str(LECTURE), "uploads", name, ExtraArgs={"Metadata": metadata})


def ended(seen: Receiver, trace: str) -> bool:
    """Whether the last word about the job has come."""
    mine = [span for span in seen.spans() if span.trace == trace]
    return sum(span.name == "jobs" for span in mine) >= 2


def check_tree(spans: list[Seen], root_parent: str = "") -> None:
    """One tree: every parent is there, is of the right kind, and began before its child."""
    by_id = {span.id: span for span in spans}
    assert [span.name for span in spans if span.parent not in by_id and span.parent != root_parent] == []
    for span in spans:
        above = by_id.get(span.parent)
        assert above is None or above.start <= span.start
        if span.name.startswith("process "):
            assert above is None or above.name == span.name.replace("process", "send")
            assert span.kind == 5 and span.attributes["messaging.operation.type"] == "process"
        if span.name.startswith("send "):
            assert above and above.name in STAGES
            assert span.kind == 4 and span.attributes["messaging.destination.name"] == span.name[5:]
        if span.name in STAGES:
            assert above and above.attributes["messaging.consumer.group.name"] == span.name


def check_links(spans: list[Seen]) -> None:
    """What a join says links the ``send`` of each of its parts."""
    sends = {span.id: span for span in spans if span.name.startswith("send ")}
    joined = {span.parent for span in sends.values()}
    for span in spans:
        if span.name in JOINS and span.id in joined:
            assert span.links and set(span.links) <= set(sends)
            assert len(set(span.links)) == len(span.links)


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_one_upload_is_one_trace_from_the_uploader_to_the_last_word(
    own: Endpoints, tmp_path: Path, protocol: str
) -> None:
    told = TOLD if protocol == "grpc" else ""
    port = free_port()
    with receiving() as seen:
        sending = {**seen.environment(protocol), "CHALKSTREAM_MONITOR__PORT": str(port)}
        with worker(own, tmp_path / "log", **sending):
            name = f"{MARKER}-{protocol[:4]}.mp4"
            put(own, f"{MARKER}/{name}", **{"targets": "fr,es", **({"traceparent": told} if told else {})})
            root = until(lambda: next((s for s in seen.spans() if s.name == "process media.uploads"), None))
            until(lambda: ended(seen, root.trace))
            page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        spans = seen.spans()
        words = _said(own, tmp_path, spans)
        kept = seen.text() + page + (tmp_path / "log").read_text()
    assert {span.trace for span in spans} == {root.trace}
    assert root.parent == (told.split("-")[2] if told else "")
    assert root.trace == tracing.trace_id(told or tracing.root(_job(spans)))
    check_tree(spans, root.parent)
    check_links(spans)
    assert {*STAGES, "decode"} <= {span.name for span in spans}
    assert not [word for word in (*words, MARKER) if word in kept.lower()]
    assert 'chalkstream_jobs_total{state="done",tenant="default"} 1' in page


def _job(spans: list[Seen]) -> str:
    return str(next(span.attributes["media.job"] for span in spans if span.name == "demux"))


def _said(at: Endpoints, folder: Path, spans: list[Seen]) -> list[str]:
    """Pairs of neighbouring words of all subtitles: what must be nowhere."""
    out = folder / "out"
    assert chalkstream("get", _job(spans), "--out", out, **at.settings()).code == 0
    texts = [re.findall(r"[a-zé]{3,} [a-zé]{3,}", path.read_text("utf-8").lower()) for path in out.glob("*.srt")]
    found = sorted(set(itertools.chain(*texts)))
    assert len(found) > 20
    return found


def test_a_worker_killed_is_one_trace_with_the_second_attempt_in_it(own: Endpoints, tmp_path: Path) -> None:
    with receiving() as seen:
        sending = seen.environment("http/protobuf")
        with worker(own, tmp_path / "log", **sending) as first:  # killed: its last spans never leave it
            put(own, "killed.mp4", targets="fr")
            until(lambda: len([span for span in seen.spans() if span.name == "transcribe"]) > 3)
            first.kill()
            first.wait()
        with worker(own, tmp_path / "log", **sending):
            trace = next(span.trace for span in seen.spans() if span.name == "demux" or span.name == "transcribe")
            until(lambda: ended(seen, trace), 180)
        mine = seen.spans()
    assert {span.trace for span in mine} == {trace}
    assert [span for span in mine if span.name == "transcribe" and span.attributes["media.attempt"] > 1]
    assert {span.attributes.get("media.index") for span in mine if span.name == "transcribe"} == set(range(10))
    joined = {span.parent for span in mine if span.name == "send media.transcripts"}
    links = [len(set(span.links)) for span in mine if span.name == "assemble" and span.id in joined]
    assert links and min(links) > 10, "ten chunks and the language, those before the kill among them"


def test_an_item_that_fails_with_an_exception_is_seen_to_be_tried_again(own: Endpoints, tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.connected.failing_worker"]
    with receiving() as seen:
        with worker(own, tmp_path / "log", program, **seen.environment("http/protobuf")):
            put(own, "fails.mp4", targets="fr")
            root = until(lambda: next((s for s in seen.spans() if s.name == "process media.uploads"), None))
            until(lambda: ended(seen, root.trace))
        spans, kept = seen.spans(), seen.text()
    assert {span.trace for span in spans} == {root.trace}
    check_tree(spans)
    check_links(spans)
    tries = sorted((s for s in spans if s.name == "transcribe" and s.attributes["media.index"] == 2), key=_began)
    assert [(s.failed, s.attributes.get("error.type"), s.attributes["media.attempt"]) for s in tries] == [
        (True, "internal", 1), (False, None, 2),
    ]  # fmt: skip
    first, second = (next(s for s in spans if s.id == each.parent) for each in tries)
    assert (first.events, second.links) == (("retry",), (first.id,))
    assert MARKER not in kept


def _began(span: Seen) -> int:
    return span.start


def test_the_local_runner_traces_too_and_a_collector_that_is_a_black_hole_costs_nothing(tmp_path: Path) -> None:
    words = ("run", LECTURE, "--to", "fr", "--out", tmp_path)
    with receiving() as seen:
        assert chalkstream(*words, "--store", tmp_path / "1", **seen.environment("http/protobuf")).code == 0
        spans = seen.spans()
    assert len({span.trace for span in spans}) == 1
    check_tree(spans)
    check_links(spans)
    assert {"demux", "decode", "transcribe", "translate", "finish"} <= {span.name for span in spans}
    with receiving(mute=True) as hole:
        done = chalkstream(*words, "--store", tmp_path / "2", **hole.environment("http/protobuf"))
    assert done.code == 0 and "opentelemetry" not in done.err.lower()


@pytest.mark.slow
def test_prometheus_scrapes_the_worker_and_the_alarm_rings_when_it_is_gone(own: Endpoints, tmp_path: Path) -> None:
    program, port, page = tool("prometheus"), free_port(), free_port()
    rules = (ROOT / "infra/observe/alerts.yaml").read_text().replace("for: 2m", "for: 1s")
    (tmp_path / "alerts.yaml").write_text(rules)
    (tmp_path / "prometheus.yaml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [alerts.yaml]\n"
        "scrape_configs: [{job_name: chalkstream, static_configs: [{targets: ['127.0.0.1:PORT']}]}]\n".replace(
            "PORT", str(port)
        )
    )
    with worker(own, tmp_path / "log", CHALKSTREAM_MONITOR__PORT=str(port)):
        watching = subprocess.Popen(
            [program, "--config.file", tmp_path / "prometheus.yaml", "--storage.tsdb.path", tmp_path / "tsdb",
             "--web.listen-address", f"127.0.0.1:{page}", "--log.level", "error"],
        )  # fmt: skip
        try:
            until(lambda: _asked(page, "query?query=chalkstream_heartbeat_seconds"))
        except BaseException:
            watching.kill()
            raise
    try:
        until(lambda: "ChalkstreamWorkerGone" in _firing(page), 60)
    finally:
        watching.terminate()
        watching.wait(20)


def _asked(port: int, path: str) -> list[Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=2) as answer:
            found: list[Any] = json.load(answer)["data"].get("result", [])
    except OSError:
        return []
    return found


def _firing(port: int) -> set[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/alerts", timeout=5) as answer:
        return {
            each["labels"]["alertname"] for each in json.load(answer)["data"]["alerts"] if each["state"] == "firing"
        }
