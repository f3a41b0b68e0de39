"""A record whose header has a name that is no text, on every topic there is: aiokafka raises whenever it meets one."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from schemas.topics import DEAD_LETTERS, TOPICS
from streams import graph
from streams.bootstrap_cluster import cluster_stages
from streams.letters import letter
from tests.connected.conftest import installation, working
from tests.connected.site import Site, clip, eventually
from tests.needs import tool

pytestmark = pytest.mark.slow
HEADER = os.fsdecode(b"\xff\xfe=1")


def spoil(site: Site) -> None:
    """One such record on the first two partitions of every topic but the letters'."""
    for topic in sorted(TOPICS.keys() - {DEAD_LETTERS}):
        for partition in range(min(2, TOPICS[topic].partitions)):
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


def talk(folder: Path, start: float) -> Path:
    path = folder / f"{start}.wav"
    path.write_bytes(clip(start, 4))
    return path
