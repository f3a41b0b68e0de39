"""Models are loaded while there is nothing yet for them to do."""

import logging
import threading
from collections.abc import Callable, Iterable

from schemas.errors import ChalkstreamError

log = logging.getLogger(__name__)
Failed = Callable[[ChalkstreamError], object]


def warm(loads: Iterable[Callable[[], object]], failed: Failed) -> None:
    """Call each on a thread of its own; what is wrong with a model shows again in its stage."""
    for load in loads:
        threading.Thread(target=_load, args=(load, failed), daemon=True).start()


def _load(load: Callable[[], object], failed: Failed) -> None:
    try:
        load()
    except ChalkstreamError as error:
        failed(error)
    except Exception as error:
        log.debug("a model was not loaded early: %s", type(error).__name__)
