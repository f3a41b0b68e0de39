"""A record whose header has a name that is no text, on every topic there is: aiokafka raises whenever it meets one."""

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from schemas.topics import DEAD_LETTERS, TOPICS
from streams import graph
from streams.bootstrap_cluster import cluster_stages
from streams.gateway.feed import ANSWERS, RESULTS
from streams.letters import letter
from tests.connected.conftest import installation, working
from tests.connected.gateway import client, ended, serving, upload
from tests.connected.site import Site, clip, eventually
from tests.needs import tool

pytestmark = pytest.mark.slow
HEADER = os.fsdecode(b"\xff\xfe=1")


def spoil(site: Site, topics: Iterable[str] = TOPICS.keys() - {DEAD_LETTERS}, partitions: int = 2) -> None:
    """One such record on the first partitions of topics, of all but the letters' if none are named."""
    for topic in topics:
        for partition in range(min(partitions, TOPICS[topic].partitions)):
            words = ["-P", "-b", site.at.bootstrap, "-t", topic, "-p", str(partition), "-k", "k", "-H", HEADER]
            subprocess.run([tool("kcat"), *words], input=b"{}", check=True, timeout=30)


def told_of(site: Site) -> set[str]:
    """Topics that letters tell of."""
    return {letter(record).origin.topic for record in site.records(DEAD_LETTERS)}


def test_no_topic_can_be_shut_by_such_a_record(tmp_path: Path) -> None:
    owned = graph.undertakers(cluster_stages()).keys()
    with installation(tmp_path) as site:
        spoil(site)
        with working(site) as worker:
            first = site.command("submit", talk(tmp_path, 10), "--to", "fr", "--wait", "--out", tmp_path / "out")
            assert first.code == 0, first.err
            spoil(site)
            long = site.put("long.wav", clip(0, 80, times=4), targets="fr")
            eventually(lambda: site.command("cancel", long).code == 0 or None, "the job")
            assert site.command("get", long).code == 130
            second = site.command("submit", talk(tmp_path, 20), "--to", "fr", "--wait", "--out", tmp_path / "out")
            assert second.code == 0 and worker.poll() is None, second.err
            eventually(lambda: owned <= told_of(site) or None, "a letter for every topic that a stage owns")
        listed = site.command("deadletters", "list", "--json")
        assert {json.loads(line)["topic"] for line in listed.out.splitlines()} >= owned


def test_a_gateway_goes_on_past_such_records(tmp_path: Path) -> None:
    with installation(tmp_path) as site, working(site), serving(site.environment) as base, client(base) as at:
        first = upload(at, clip(10), targets="fr")["job"]
        assert ended(at, first)["state"] == "done"
        spoil(site, (*RESULTS, *ANSWERS), 12)
        second = upload(at, clip(20), targets="fr")["job"]
        assert ended(at, second)["state"] == "done"
        question = {"messages": [{"role": "user", "content": "What is a proof?"}]}
        assert at.post("/v1/chat/completions", json=question).status_code == 200
        eventually(lambda: at.get(f"/v1/jobs/{second}").json()["state"] == "done" or None, "the job's end")


def talk(folder: Path, start: float) -> Path:
    path = folder / f"{start}.wav"
    path.write_bytes(clip(start, 4))
    return path
