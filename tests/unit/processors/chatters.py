"""A chat model that says the words of its prompt back, one per token: made to stop, fail and be overtaken."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from processors.bench import Bench
from processors.chatting.values import Ask, Sampling, Step, Told
from schemas.chat import ChatRequested
from schemas.errors import Cancelled, ChalkstreamError
from tests.fakes import MODEL, FakeDecode, MemoryStore, bench, plan


@dataclass
class Echo:
    """Implements ``Chatter``. Says the last message word by word; ``fails``: by text; ``between`` runs after each."""

    fails: dict[str, ChalkstreamError] = field(default_factory=dict)
    between: Callable[[Ask], None] = lambda _: None
    asked: list[Ask] = field(default_factory=list)
    identity = MODEL
    seeds = False
    usual = Sampling()

    def chatter(self) -> "Echo":
        return self

    def converse(self, asks: Sequence[Ask], left: Callable[[int], bool]) -> Iterator[list[Told]]:
        self.asked += asks
        words = {at: ask.turns[-1][1].split(" ")[ask.spent : ask.most] for at, ask in enumerate(asks)}
        spent = {at: ask.spent for at, ask in enumerate(asks)}
        while words:
            for at in list(words):
                yield [(at, self._step(at, asks[at], words, spent, left))]
                self.between(asks[at])

    def _step(self, at: int, ask: Ask, words: Any, spent: Any, left: Callable[[int], bool]) -> Step | ChalkstreamError:
        text = ask.turns[-1][1]
        if left(at) or text in self.fails:
            del words[at]
            return Cancelled() if left(at) else self.fails[text]
        said = words[at].pop(0) if words[at] else ""
        spent[at] += bool(said)
        over = not words[at]
        if over:
            del words[at]
        return Step(said if over else f"{said} ", spent[at], 3, "stop" if over else None)


def chat_bench(echo: Any, store: MemoryStore | None = None, **changed: Any) -> Bench:
    """A bench on which time goes on by a second at every look."""
    ticks = iter(range(1_000_000))
    made = bench(plan(), FakeDecode(), store=store)
    return replace(made, **{"engines": echo, "clock": lambda: float(next(ticks)), "now": lambda: 7.0, **changed})


def asking(text: str, request: str = "r1", tenant: str = "default", **body: Any) -> ChatRequested:
    """A request to say ``text``."""
    import json

    told = {"messages": [{"role": "user", "content": text}], **body}
    return ChatRequested(request=request, tenant=tenant, body=json.dumps(told))
