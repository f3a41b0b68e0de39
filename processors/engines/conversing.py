"""What chat engines that work on tokens have in common: prompts in, lanes in the middle, steps out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any

from processors.chatting.saying import Speech
from processors.chatting.values import Ask, Sampling, Told
from processors.engines.lanes import Hear, Lanes, Line
from processors.engines.prompts import Prompts
from schemas.errors import BadInput, ChalkstreamError
from schemas.exchanges import WrongField
from schemas.plan import ModelIdentity

SIZE, BUDGET = 64, 16_384
"""Answers of one batch, and tokens that their memory may come to hold (1.4 GB for 14 layers of width 768)."""


class TokenChatter:
    """Implements ``Chatter`` over ``run``, which generates for a batch of lines and tells each token."""

    def __init__(
        self, run: Callable[[Sequence[Line], Hear], None], prompts: Prompts, identity: ModelIdentity, *, context: int,
        lanes: int, options: Mapping[str, Any], seeds: bool = False,
    ) -> None:  # fmt: skip
        self.identity, self.seeds, self.usual = identity, seeds, sampling(options)
        self._prompts, self._context = prompts, context
        size, budget = int(options.get("batch", SIZE)), int(options.get("batch_tokens", BUDGET))
        self._lanes = Lanes(run, lanes, size=size, budget=budget)

    def converse(self, asks: Sequence[Ask], left: Callable[[int], bool]) -> Iterator[list[Told]]:
        """See ``Chatter``."""
        told: SimpleQueue[Told] = SimpleQueue()
        lines = []
        for position, ask in enumerate(asks):
            try:
                lines.append(self._line(position, ask, told, left))
            except ChalkstreamError as error:
                told.put((position, error))
        return self._lanes.converse(lines, told, len(asks))

    def _line(self, position: int, ask: Ask, told: "SimpleQueue[Told]", left: Callable[[int], bool]) -> Line:
        (prompt, system), said = self._prompts.split(ask.turns), self._prompts.plain(ask.said)
        room = min(ask.most - ask.spent, self._context - len(prompt) - len(said))
        if len(prompt) >= self._context:
            what = f"{len(prompt)} tokens, and the model's context has {self._context}"
            raise WrongField("messages", what, "prompt_too_long")
        if room < 1:
            raise BadInput("prompt_too_long", "no room is left in the model's context for more of the answer")
        return Line(
            ask, [*prompt, *said], len(prompt), room, Speech(self._prompts.decode, said, ask.stop),
            self._prompts.ends, lambda what: told.put((position, what)), partial(left, position), system=system,
        )  # fmt: skip


def sampling(options: Mapping[str, Any]) -> Sampling:
    """How a pack wants its model to be sampled; greedy if it says nothing."""
    return Sampling(
        float(options.get("temperature", 0.0)), float(options.get("top_p", 1.0)), int(options.get("top_k", 0))
    )
