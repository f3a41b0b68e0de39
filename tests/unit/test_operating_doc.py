"""What docs/operating.md says of topics, settings and commands is what the code does."""

import re
from pathlib import Path

from typer.main import get_command

from infra.settings import PREFIX, Settings
from schemas.topics import DAY_MS, TOPICS
from streams.asyncapi import by_topic
from streams.cli import app
from streams.findings.configuration import leaves

DOC = Path("docs/operating.md").read_text("utf-8")


def test_the_table_of_topics_is_that_of_the_code() -> None:
    rows = {row.split("`")[1]: row for row in DOC.splitlines() if re.match(r"\| `[a-z.]+` \| \d", row)}
    for name, topic in TOPICS.items():
        kept = "newest per key" if topic.cleanup == "compact" else f"{topic.retention_ms // DAY_MS} days"
        facts = ", ".join(kind.fact for kind in by_topic()[name]) or "the record that was given up on"
        assert rows.pop(name) == f"| `{name}` | {topic.partitions} | {kept} | {topic.max_bytes >> 10} KiB | {facts} |"
    assert rows == {}


def test_every_setting_is_named_and_every_named_one_exists() -> None:
    known = {PREFIX + "__".join(path).upper() for path, _ in leaves(Settings.model_construct())}
    assert set(re.findall(r"CHALKSTREAM_[A-Z_]+", DOC)) == known


def test_every_command_that_is_named_exists() -> None:
    known = set(getattr(get_command(app), "commands", {}))
    for name in ("operating.md", "clients.md"):
        named = set(re.findall(r"`?chalkstream ([a-z]+)", Path("docs", name).read_text("utf-8")))
        assert named <= known, name
