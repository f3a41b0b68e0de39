"""One question to a broker: asked in the right bytes, and only a broker that serves counts."""

import struct

import pytest

from infra.local import kafka_wire


def text(value: str | None) -> bytes:
    return struct.pack(">h", -1) if value is None else struct.pack(">h", len(value)) + value.encode()


def answer(cluster: str, brokers: int, rack: str | None = None) -> bytes:
    entry = struct.pack(">i", 1) + text("127.0.0.1") + struct.pack(">i", 9092) + text(rack)
    rest = text(cluster) + struct.pack(">ii", 1, 0)
    return struct.pack(">iii", 1, 0, brokers) + entry * brokers + rest


def test_the_request_is_framed_and_asks_for_no_topic() -> None:
    request = kafka_wire.metadata_request("me")
    assert struct.unpack(">i", request[:4]) == (len(request) - 4,)
    assert struct.unpack(">hhi", request[4:12]) == (3, 4, 1)
    assert request.endswith(struct.pack(">i?", 0, False))


@pytest.mark.parametrize("rack", [None, "", "attic"])
@pytest.mark.parametrize("brokers", [1, 3])
def test_the_cluster_is_read_behind_any_brokers(brokers: int, rack: str | None) -> None:
    assert kafka_wire.cluster_of(answer("cluster", brokers, rack)) == "cluster"


def test_a_cluster_without_a_broker_does_not_serve() -> None:
    assert kafka_wire.cluster_of(answer("cluster", 0)) is None


def test_a_broken_answer_is_an_error_of_its_form() -> None:
    with pytest.raises(struct.error):
        kafka_wire.cluster_of(answer("cluster", 1)[:20])
