"""Endpoints: the settings a command needs, and no secret in what gets printed."""

from dataclasses import replace

from infra.local.endpoints import Endpoints, SaslListener
from infra.settings import read

PLAIN = Endpoints("127.0.0.1:9092", "http://127.0.0.1:9000", "key", "hidden")
WITH_SASL = replace(PLAIN, sasl=SaslListener("127.0.0.1:9094", "user", "unseen"))


def test_settings_are_accepted_by_the_settings() -> None:
    settings = read(PLAIN.settings())
    assert settings.kafka.bootstrap == PLAIN.bootstrap
    assert settings.store.endpoint == PLAIN.endpoint
    assert settings.store.secret_key is not None
    assert settings.store.secret_key.get_secret_value() == "hidden"


def test_sasl_settings_are_accepted_by_the_settings() -> None:
    kafka = read(WITH_SASL.sasl_settings()).kafka
    assert (kafka.bootstrap, kafka.security, kafka.mechanism) == ("127.0.0.1:9094", "SASL_PLAINTEXT", "SCRAM-SHA-512")
    assert kafka.password is not None
    assert kafka.password.get_secret_value() == "unseen"


def test_without_a_sasl_listener_both_are_the_same() -> None:
    assert PLAIN.sasl_settings() == PLAIN.settings()


def test_secrets_are_in_no_repr() -> None:
    assert "hidden" not in repr(WITH_SASL)
    assert "unseen" not in repr(WITH_SASL)
