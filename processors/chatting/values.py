"""What is asked of a chat model and what it says, step by step; the Protocol that every chat engine is behind."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Literal, Protocol

from schemas.errors import ChalkstreamError
from schemas.plan import ModelIdentity


@dataclass(frozen=True)
class Sampling:
    """Temperature 0 is greedy; ``top_k`` 0 is no limit. Only asks with the same sampling share a batch."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0


@dataclass(frozen=True)
class Ask:
    """``said``: how the answer begins, and ``spent`` its tokens; both are kept. ``most``: tokens in all.

    ``stream``: steps are wanted while it goes on, not only the last one.
    """

    turns: tuple[tuple[str, str], ...]
    most: int
    sampling: Sampling = Sampling()
    stop: tuple[str, ...] = ()
    seed: int | None = None
    tenant: str = "default"
    stream: bool = False
    said: str = ""
    spent: int = 0


@dataclass(frozen=True)
class Step:
    """Text that follows what was said. ``tokens``: of the answer so far; ``finish`` with the last step."""

    text: str
    tokens: int
    prompt_tokens: int
    finish: Literal["stop", "length"] | None = None


Told = tuple[int, Step | ChalkstreamError]


class Chatter(Protocol):
    """A chat model. ``seeds``: whether the same seed gives the same answer."""

    identity: ModelIdentity
    seeds: bool
    usual: Sampling

    def converse(self, asks: Sequence[Ask], left: Callable[[int], bool]) -> Iterator[list[Told]]:
        """Steps of all asks, by position, each as soon as it is there, until every ask has its end or an error; those
        that are there at the same time come together.

        ``left`` is asked between tokens; a left ask ends with Cancelled. What others ask meanwhile shares batches.
        """
        ...


def bursts(told: "SimpleQueue[Told]", open_asks: int) -> Iterator[list[Told]]:
    """What is told, all that is there at a time, until ``open_asks`` have come to their end."""
    while open_asks:
        burst = [told.get()]
        while not told.empty():
            burst.append(told.get())
        open_asks -= sum(isinstance(what, ChalkstreamError) or what.finish is not None for _, what in burst)
        yield burst
