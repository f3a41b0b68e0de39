"""What the doctor says of a cluster: every state that can't work is named with what to do about it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from infra.broker_facts import GroupFacts, TopicFacts
from infra.settings import read
from schemas.errors import ErrorInfo
from schemas.topics import TOPICS
from streams.deadletters import Origin, letter_headers
from streams.findings.dead_letters import dead_letters, unanswered
from streams.findings.finding import Finding, Situation
from streams.findings.services import broker, groups, lags, store, topics
from streams.letters import Letter, letter

RIGHT = {name: TopicFacts(topic.partitions, topic.config()) for name, topic in TOPICS.items()}


def worst(findings: list[Finding]) -> dict[str, str]:
    assert all(finding.remedy for finding in findings if finding.level != "ok")
    return {finding.level: finding.what for finding in findings if finding.level != "ok"}


def test_what_init_makes_is_fine() -> None:
    assert worst(list(topics(RIGHT, TOPICS))) == {}


def test_a_deleted_topic_and_a_wrong_number_of_partitions_are_bad() -> None:
    there = {name: facts for name, facts in RIGHT.items() if name != "media.audio"}
    assert "media.audio" in worst(list(topics(there, TOPICS)))["bad"]
    torn = RIGHT | {"media.jobs": replace(RIGHT["media.jobs"], partitions=1)}
    assert "1 partitions" in worst(list(topics(torn, TOPICS)))["bad"]


@pytest.mark.parametrize(
    ("name", "setting", "level"), [("media.jobs", "cleanup.policy", "bad"), ("media.audio", "retention.ms", "warn")]
)
def test_other_settings_are_named_with_the_command(name: str, setting: str, level: str) -> None:
    other = RIGHT | {name: TopicFacts(12, {**RIGHT[name].config, setting: "1"})}
    assert setting in worst(list(topics(other, TOPICS)))[level]


def test_records_that_nobody_will_read_are_bad_and_many_are_a_warning() -> None:
    assert "nobody runs demux" in worst(list(lags({"demux": GroupFacts(0, 3)})))["bad"]
    assert "wait for demux" in worst(list(lags({"demux": GroupFacts(1, 5000)})))["warn"]
    assert worst(list(lags({"demux": GroupFacts(1, 5), "chunk": GroupFacts(0, 0)}))) == {}


@pytest.mark.parametrize("question", [broker, groups, store, dead_letters])
def test_an_absent_cluster_is_bad_only_where_one_was_asked_for(question: object) -> None:
    assert callable(question)
    asked = {
        "CHALKSTREAM_KAFKA__BOOTSTRAP": "127.0.0.1:1", "CHALKSTREAM_STORE__ENDPOINT": "http://127.0.0.1:1",
        "CHALKSTREAM_STORE__ACCESS_KEY": "a", "CHALKSTREAM_STORE__SECRET_KEY": "b",
    }  # fmt: skip
    assert worst(list(question(Situation(read(asked), asked)))).keys() == {"bad"}
    assert worst(list(question(Situation(read(asked), {})))).keys() == {"bad"}, "chalkstream.toml asks as well"
    nothing = {"CHALKSTREAM_STORE__ACCESS_KEY": "", "CHALKSTREAM_KAFKA__BOOTSTRAP": ""}
    assert worst(list(question(Situation(read(nothing), {})))).keys() == {"warn"}


def made(at: int, offset: int, stage: str, code: str) -> Letter:
    """The letter at ``at`` about the record at ``offset``."""
    headers = letter_headers(
        Origin("media.chunks", 0, offset, 1), stage=stage, attempt=1, error=ErrorInfo(code=code, message="no")
    )
    return letter(SimpleNamespace(partition=0, offset=at, timestamp=at, key=None, value=b"{}", headers=headers))


def test_letters_that_nobody_answered_are_a_warning_that_says_which() -> None:
    some = [made(0, 1, "transcribe", "crashed"), made(1, 2, "transcribe", "crashed"), made(2, 3, "accept", "internal")]
    told = worst([unanswered([*some, made(3, 1, "transcribe", "crashed")], ())])
    assert told == {"warn": "3 dead letters were not sent again: transcribe crashed 2, accept internal 1"}
    left = worst([unanswered(some, {some[0].mark, some[1].mark})])["warn"]
    assert left.startswith("1 dead letters") and "accept internal 1" in left
    assert worst([unanswered(some, {each.mark for each in some})]) == worst([unanswered([], ())]) == {}
