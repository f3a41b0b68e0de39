"""What somebody has to look after, at some gateway, some time: each looks now and then; all of it may be done twice.

A look that fails is tried at the next round.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Final

from streams.gateway import deleting, editing, repeats, tus, webhooks
from streams.gateway.site import Site

EVERY_SECONDS: Final = 10.0
HOURLY: Final = 360
"""Rounds between looks that read a great many things."""
Look = Callable[[Site], Awaitable[None]]
LOOKS: Final[dict[Look, int]] = {deleting.look: 1, editing.look: 1, webhooks.look: 1, tus.look: 1, repeats.look: HOURLY}
log = logging.getLogger(__name__)


async def keep(site: Site) -> None:
    """Until cancelled."""
    for round_ in count():
        await asyncio.sleep(EVERY_SECONDS)
        due = [look for look, rounds in LOOKS.items() if round_ % rounds == 0]
        for look in due if not site.backend.wrong() else ():
            try:
                await look(site)
            except Exception as error:
                log.warning("%s could not look after things: %s", look.__module__, type(error).__name__)
