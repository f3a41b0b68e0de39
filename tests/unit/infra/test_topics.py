"""What the broker answers when topics are asked for is told as it is: nothing counts as made that is not there."""

import pytest

from infra.kafka import created, in_sync
from schemas.errors import BadSettings, Unavailable
from schemas.topics import TOPICS

THERE, NO_LEADER, TOO_FEW_BROKERS, FORBIDDEN = 36, 41, 38, 29


def test_only_what_is_new_is_told() -> None:
    assert created([("a", 0, None), ("b", THERE, "Topic 'b' already exists."), ("c", 0)]) == ["a", "c"]


@pytest.mark.parametrize("code", [TOO_FEW_BROKERS, FORBIDDEN])
def test_a_refusal_stops_the_start_with_the_brokers_words(code: int) -> None:
    with pytest.raises(BadSettings, match=r"topic b .*: not here") as caught:
        created([("a", 0, None), ("b", code, "not here")])
    assert "REPLICATION" in caught.value.remedy


def test_a_broker_that_is_busy_is_asked_again_later() -> None:
    with pytest.raises(Unavailable):
        created([("a", NO_LEADER, None)])


def test_a_record_is_acknowledged_by_more_than_one_copy_where_one_may_be_away() -> None:
    assert [in_sync(copies) for copies in (1, 2, 3, 5)] == [1, 1, 2, 2]


def test_topics_hold_what_every_client_can_read() -> None:
    assert {topic.config()["compression.type"] for topic in TOPICS.values()} == {"uncompressed"}
