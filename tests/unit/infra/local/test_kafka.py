"""Kafka's settings: loopback only, nothing created by accident, no secret where others can see it."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.local import kafka
from infra.local.memory import fresh
from schemas.errors import BadSettings

MEMORY = replace(fresh(), kafka_port=1111, controller_port=2222, minio_port=3333)
HOME, JARS = Path("/state/kafka"), Path("/cache/libs")


def parsed(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_every_listener_is_on_loopback() -> None:
    for memory in (MEMORY, replace(MEMORY, sasl_port=4444)):
        addresses = parsed(kafka.properties(memory, HOME))["listeners"].split(",")
        assert all("://127.0.0.1:" in address for address in addresses)
        assert len(addresses) == (3 if memory.sasl_port else 2)


def test_the_controller_is_not_advertised_and_sasl_is() -> None:
    advertised = parsed(kafka.properties(replace(MEMORY, sasl_port=4444), HOME))["advertised.listeners"]
    assert advertised == "PLAIN://127.0.0.1:1111,SASL://127.0.0.1:4444"


def test_one_node_waits_for_no_other() -> None:
    values = parsed(kafka.properties(MEMORY, HOME))
    alone = [name for name in values if name.endswith((".replication.factor", ".min.isr", "min.insync.replicas"))]
    assert len(alone) >= 6
    assert {values[name] for name in alone} == {"1"}
    assert values["auto.create.topics.enable"] == "false"


def test_no_secret_is_in_the_properties_or_the_command_line() -> None:
    shown = kafka.properties(MEMORY, HOME) + " ".join(kafka.command("/bin/java", JARS, HOME))
    assert MEMORY.sasl_password not in shown
    assert MEMORY.secret_key not in shown


def test_formatting_makes_the_sasl_user_from_a_file() -> None:
    words = kafka.format_arguments(MEMORY, JARS, HOME).splitlines()
    assert f'"SCRAM-SHA-512=[name={MEMORY.sasl_username},password={MEMORY.sasl_password}]"' in words
    assert f'"{MEMORY.cluster_id}"' in words


def test_values_survive_javas_properties_format() -> None:
    assert kafka.escaped("plain/path") == "plain/path"
    assert kafka.escaped("a\\b") == "a\\\\b"
    assert kafka.escaped("é") == "\\u00e9"
    assert kafka.escaped("😀") == "\\ud83d\\ude00"


def test_jars_are_left_for_java_to_expand() -> None:
    assert f"{JARS}/*" in kafka.command("/bin/java", JARS, HOME)


@pytest.mark.parametrize("name", ["one,two", "c:d", 'say "hi"', "back\\slash"])
def test_a_folder_that_cannot_be_told_is_refused(name: str) -> None:
    with pytest.raises(BadSettings, match="another folder"):
        kafka.service("/bin/java", JARS, MEMORY, Path("/state") / name / "kafka")


def test_a_folder_with_blanks_and_accents_is_fine() -> None:
    home = Path("/state/my été/kafka")
    assert "\\u00e9t\\u00e9" in kafka.service("/bin/java", JARS, MEMORY, home).files["server.properties"]
