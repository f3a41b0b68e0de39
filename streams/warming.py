"""Models are loaded while there is nothing yet for them to do."""

import logging
import threading
from collections.abc import Callable, Iterable

from schemas.errors import ChalkstreamError

log = logging.getLogger(__name__)
Failed = Callable[[ChalkstreamError], object]


def warm(loads: Iterable[Callable[[], object]], failed: Failed) -> None:
    """Call one after the other, beside everything else; what is wrong with a model shows again in its stage.

    In the order in which they are needed: importing their libraries side by side makes the first one wait for all.
    """
    threading.Thread(target=_all, args=(list(loads), failed), name="warm", daemon=True).start()


def _all(loads: Iterable[Callable[[], object]], failed: Failed) -> None:
    for load in loads:
        try:
            load()
        except ChalkstreamError as error:
            failed(error)
        except Exception as error:
            log.debug("a model was not loaded early: %s", type(error).__name__)
