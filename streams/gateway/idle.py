"""A backend that does nothing yet."""


class Idle:
    """Implements ``Backend``."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def wrong(self) -> dict[str, str]:
        """Nothing."""
        return {}
