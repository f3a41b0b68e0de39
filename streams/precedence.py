"""What goes first at every stage: the first minutes of a job, so that a short upload never waits for a long one."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from schemas.base import SAMPLE_RATE
from schemas.events import (
    EXPRESS_SECONDS,
    AudioEnded,
    BlockAssembled,
    Event,
    PartDecoded,
    SpeechCut,
    SpeechEnded,
    SpeechFound,
    SpeechIdentified,
    SpeechTranscribed,
    VideoAccepted,
)

LINGER_SECONDS: Final = 0.5
"""Between two stages an item is in nobody's hand; so long its job still counts."""


RULES: Final[dict[type[Event], Callable[[Any], bool]]] = {
    VideoAccepted: lambda _: True,
    PartDecoded: lambda part: part.start < EXPRESS_SECONDS * SAMPLE_RATE,
    AudioEnded: lambda audio: audio.samples <= EXPRESS_SECONDS * SAMPLE_RATE,
    SpeechCut: lambda speech: speech.start < EXPRESS_SECONDS,
    SpeechFound: lambda speech: speech.start < EXPRESS_SECONDS,
    SpeechTranscribed: lambda speech: speech.start < EXPRESS_SECONDS,
    SpeechEnded: lambda speech: speech.duration <= EXPRESS_SECONDS,
    SpeechIdentified: lambda speech: speech.duration <= EXPRESS_SECONDS,
    BlockAssembled: lambda text: text.block == 0,
}
"""A table, because it is asked for every item three times, and ``isinstance`` of a pydantic class is slow."""


def first_minutes(event: Event) -> bool:
    """Whether it is about the first minutes of its job, or the end of one that has no more of them."""
    rule = RULES.get(type(event))
    return rule is not None and rule(event)


class Firsts:
    """The jobs whose first minutes are in hand in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._held, self._until = clock, Counter[str](), dict[str, float]()

    def begins(self, event: Event) -> None:
        """An item was taken in hand."""
        if first_minutes(event):
            self._held[event.job] += 1
            self._until[event.job] = float("inf")

    def ends(self, event: Event) -> None:
        """It is in hand no more."""
        if first_minutes(event):
            self._held[event.job] -= 1
            if self._held[event.job] <= 0:
                del self._held[event.job]
                self._until[event.job] = self._clock() + LINGER_SECONDS
                self._forget()

    def others(self, job: str) -> bool:
        """Whether there are any but this one. May be asked from any thread."""
        now = self._clock()
        return any(until > now for name, until in self._until.copy().items() if name != job)

    def _forget(self) -> None:
        now = self._clock()
        for name in [name for name, until in self._until.items() if until <= now]:
            del self._until[name]
