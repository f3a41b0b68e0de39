"""Memory: private, whole, and made of secrets that differ each time."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.local import memory
from schemas.errors import BadSettings

KNOWN = replace(memory.fresh(), kafka_port=1, controller_port=2, minio_port=3)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    assert memory.load(tmp_path) is None
    memory.save(tmp_path, KNOWN)
    assert memory.load(tmp_path) == KNOWN


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    (tmp_path / memory.FILE).write_text("old")
    memory.save(tmp_path, KNOWN)
    assert (tmp_path / memory.FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [memory.FILE]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cluster_id": 1, "surplus": 2}'])
def test_a_spoiled_file_is_named_with_a_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / memory.FILE).write_text(text)
    with pytest.raises(BadSettings, match=memory.FILE):
        memory.load(tmp_path)


def test_secrets_are_long_differ_and_are_in_no_repr() -> None:
    first, second = memory.fresh(), memory.fresh()
    for name in ("secret_key", "sasl_password"):
        secret = getattr(first, name)
        assert len(secret) >= 32
        assert secret != getattr(second, name)
        assert secret not in repr(first)
    assert first.cluster_id != second.cluster_id


def test_cluster_ids_are_as_kafka_wants_them() -> None:
    for _ in range(100):
        cluster = memory.fresh().cluster_id
        assert len(cluster) == 22
        assert not cluster.startswith("-")


def test_endpoints_show_a_sasl_listener_only_when_there_is_one() -> None:
    assert KNOWN.endpoints().sasl is None
    listener = replace(KNOWN, sasl_port=4).endpoints().sasl
    assert listener is not None
    assert listener.bootstrap.endswith(":4")
