"""The plan of ports: what runs keeps its own, what was remembered is preferred, nothing is given twice."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.plan import plan
from schemas.errors import BadSettings


def choose(wanted: int | None, preferred: list[int | None], given: Collection[int]) -> int:
    """All ports are free but the usual ones."""
    free = [port for port in (wanted, *preferred) if port and port not in (9092, 9000) and port not in given]
    return (free or [port for port in range(20_000, 20_010) if port not in given])[0]


def free(wanted: int | None, preferred: list[int | None], given: Collection[int]) -> int:
    """All ports are free."""
    return next(port for port in (wanted, *preferred, *range(20_000, 20_010)) if port and port not in given)


def test_the_usual_ports_are_used_when_free() -> None:
    memory = plan(None, [], free)
    assert (memory.kafka_port, memory.minio_port) == (9092, 9000)
    assert memory.sasl_port is None


def test_taken_ports_are_replaced_and_the_replacement_is_remembered() -> None:
    memory = plan(None, [], choose)
    assert 9092 not in (memory.kafka_port, memory.minio_port)
    assert plan(memory, [], free) == memory


@given(st.booleans(), st.sets(st.sampled_from(["kafka", "minio"])), st.booleans(), st.booleans())
def test_no_port_is_given_twice(was_up: bool, running: set[str], sasl: bool, usual: bool) -> None:
    pick = free if usual else choose
    memory = plan(plan(None, [], pick) if was_up else None, running if was_up else set(), pick, sasl=sasl)
    ports = [memory.kafka_port, memory.minio_port, memory.controller_port, memory.sasl_port or -1]
    assert len(set(ports)) == 4


def test_a_running_service_keeps_its_ports_though_they_are_taken_by_itself() -> None:
    memory = plan(None, [], free, sasl=True)
    assert plan(memory, ["kafka", "minio"], choose) == memory


def test_another_port_for_a_running_service_is_refused() -> None:
    memory = plan(None, [], free)
    with pytest.raises(BadSettings, match="already runs on port 9092"):
        plan(memory, ["kafka"], free, kafka_port=9999)
    assert plan(memory, ["kafka"], free, kafka_port=9092) == memory
    assert plan(memory, ["kafka"], free, minio_port=9999).minio_port == 9999


def test_a_sasl_listener_once_asked_for_stays() -> None:
    memory = plan(plan(None, [], free), ["kafka"], free, sasl=True)
    assert memory.sasl_port
    assert plan(memory, [], free).sasl_port == memory.sasl_port


def test_secrets_stay_over_every_plan() -> None:
    first = plan(None, [], free)
    again = plan(first, [], choose, sasl=True)
    assert (again.secret_key, again.sasl_password, again.cluster_id) == (
        first.secret_key,
        first.sasl_password,
        first.cluster_id,
    )
