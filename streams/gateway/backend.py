"""What the gateway stands on: a cluster, or this machine. Routes know nothing else of either."""

from typing import Protocol


class Backend(Protocol):
    """Methods may be awaited from the gateway's loop only; none of them blocks it."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def wrong(self) -> dict[str, str]:
        """What is not well now, by service; empty when all is."""
        ...
