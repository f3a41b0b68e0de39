"""What somebody has to look after, at some gateway, some time: each looks now and then; all of it may be done twice.

A look that fails is tried at the next round.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from streams.gateway import deleting, editing, tus, webhooks
from streams.gateway.site import Site

EVERY_SECONDS: Final = 10.0
LOOKS: Final[tuple[Callable[[Site], Awaitable[None]], ...]] = (deleting.look, editing.look, webhooks.look, tus.look)
log = logging.getLogger(__name__)


async def keep(site: Site) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        for look in LOOKS if not site.backend.wrong() else ():
            try:
                await look(site)
            except Exception as error:
                log.warning("%s could not look after things: %s", look.__module__, type(error).__name__)
