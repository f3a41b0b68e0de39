"""What a join has been told so far in this process, so that its spans can link their parts. Bounded, thread-safe.

After a restart or a change of partitions the runner tells again what the log still has (``streams.recall``).
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from schemas.events import Event, SpeechTranscribed

JOBS: Final = 64
LINKS: Final = 1_000
"""Of one span at most; the SDK's own limit of 128 would cut a lecture of an hour."""
IsPart = Callable[[Event, Event], bool]


class Parts:
    """``is_part(input, output)`` says what belongs to what; ``joins`` are the stages whose inputs are kept."""

    def __init__(self, joins: frozenset[str], is_part: IsPart) -> None:
        self._joins, self._is_part, self._lock = joins, is_part, threading.Lock()
        self._told: OrderedDict[tuple[str, str, int], dict[str, tuple[Event, str]]] = OrderedDict()

    def tell(self, stage: str, event: Event, context: str | None) -> None:
        """An input of a join, with the context that it was sent in."""
        if stage not in self._joins or context is None:
            return
        slim = event.model_copy(update={"segments": ()}) if isinstance(event, SpeechTranscribed) else event
        with self._lock:
            of_job = self._told.setdefault((stage, event.job, event.run), {})
            of_job[event.id] = (slim, context)
            self._told.move_to_end((stage, event.job, event.run))
            while len(self._told) > JOBS:
                self._told.popitem(last=False)

    def of(self, stage: str, output: Event) -> list[str]:
        """The contexts of what ``output`` was joined from."""
        if stage not in self._joins:
            return []
        with self._lock:
            told = list(self._told.get((stage, output.job, output.run), {}).values())
        return [context for event, context in told if self._is_part(event, output)][-LINKS:]
