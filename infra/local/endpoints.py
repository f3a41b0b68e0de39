"""What callers get to know: where the services answer, with which secrets, and how each one is.

Values only. Secrets stand in no ``repr``.
"""

from dataclasses import dataclass, field
from typing import Literal

REGION = "us-east-1"
SASL_MECHANISM = "SCRAM-SHA-512"

Condition = Literal["up", "silent", "down"]
"""``silent``: the process lives but does not answer (still starting, stopped by a signal, or stuck)."""


@dataclass(frozen=True)
class SaslListener:
    """The second Kafka listener: SASL_PLAINTEXT with SCRAM-SHA-512."""

    bootstrap: str
    username: str
    password: str = field(repr=False)
    mechanism: str = SASL_MECHANISM


@dataclass(frozen=True)
class Endpoints:
    """Both services, as a client needs them."""

    bootstrap: str
    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = REGION
    sasl: SaslListener | None = None

    def settings(self) -> dict[str, str]:
        """The ``CHALKSTREAM_…`` variables that make any command use these services."""
        return {
            "CHALKSTREAM_KAFKA__BOOTSTRAP": self.bootstrap,
            "CHALKSTREAM_STORE__ENDPOINT": self.endpoint,
            "CHALKSTREAM_STORE__ACCESS_KEY": self.access_key,
            "CHALKSTREAM_STORE__SECRET_KEY": self.secret_key,
        }

    def sasl_settings(self) -> dict[str, str]:
        """The same by way of the SASL listener where there is one, else ``settings()``."""
        if self.sasl is None:
            return self.settings()
        return self.settings() | {
            "CHALKSTREAM_KAFKA__BOOTSTRAP": self.sasl.bootstrap,
            "CHALKSTREAM_KAFKA__SECURITY": "SASL_PLAINTEXT",
            "CHALKSTREAM_KAFKA__MECHANISM": self.sasl.mechanism,
            "CHALKSTREAM_KAFKA__USERNAME": self.sasl.username,
            "CHALKSTREAM_KAFKA__PASSWORD": self.sasl.password,
        }


@dataclass(frozen=True)
class ServiceStatus:
    """One service as ``status`` sees it; ``address`` is None before the first ``up``."""

    name: str
    condition: Condition
    pid: int | None
    address: str | None
    log: str
