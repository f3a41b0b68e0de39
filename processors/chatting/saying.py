"""From tokens to text that may be said: what was said is never taken back, so doubtful ends are kept until they settle.

Doubtful are bytes that are no character yet (shown as U+FFFD) and what could be the beginning of a stop text. Tokens
are decoded with those before them, for a blank or a letter may depend on its neighbour.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Decode = Callable[[Sequence[int]], str]
UNFINISHED = "\N{REPLACEMENT CHARACTER}"


@dataclass
class Speech:
    """One answer. ``tokens`` begins with those of the text already said, of which nothing is said again."""

    decode: Decode
    tokens: list[int]
    stops: tuple[str, ...] = ()
    stopped: bool = False
    _from: int = 0
    _read: int = field(init=False)
    _held: str = ""

    def __post_init__(self) -> None:
        self._read = len(self.tokens)

    def add(self, token: int) -> None:
        """One more token; nothing is decoded before ``take``."""
        self.tokens.append(token)

    def take(self, *, end: bool = False) -> str:
        """What can be said now; with ``end`` all of it. Nothing follows a stop text."""
        self._held += self._decoded(end)
        cut = min((at for stop in self.stops if (at := self._held.find(stop)) >= 0), default=None)
        if cut is not None:
            self.stopped, said, self._held = True, self._held[:cut], ""
            return said
        keep = 0 if end else _doubtful(self._held, self.stops)
        said, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return said

    def _decoded(self, end: bool) -> str:
        if self.stopped or self._read == len(self.tokens):
            return ""
        before = self.decode(self.tokens[self._from : self._read])
        after = self.decode(self.tokens[self._from :])
        if not end and (after.endswith(UNFINISHED) or len(after) <= len(before)):
            return ""
        self._from, self._read = self._read, len(self.tokens)
        return after[len(before) :]


def _doubtful(text: str, stops: Sequence[str]) -> int:
    """Letters at the end of ``text`` that could begin a stop text."""
    lengths = (n for stop in stops for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n]))
    return max(lengths, default=0)
