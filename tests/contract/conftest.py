"""The real services, for the implementations that need them."""

from tests.connected.conftest import services, services_state

__all__ = ["services", "services_state"]
