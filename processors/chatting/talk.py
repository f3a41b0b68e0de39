"""One request in work: what of its answer is durable, and what was heard since. The answer follows from its pieces."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from processors.answering import place
from processors.artefacts import load
from processors.bench import Bench
from processors.chatting.values import Ask, Chatter, Sampling, Step
from processors.recipes import WORK
from processors.stage import Answer
from schemas.base import to_bytes
from schemas.chat import ChatAnswered, ChatBody, ChatDelta, ChatRequested, Choice, Said, SaidRecord, Usage
from schemas.exchanges import ChatLimits
from schemas.ids import derive

PIECE_SECONDS: Final = 0.1
"""A streamed answer is told at most this often: each piece is an object and an event."""


@dataclass
class Talk:
    """``said``: durable pieces of a streamed answer; ``last``: the piece that ends it; ``done``: the durable answer.

    ``overtaken``: another worker had the next piece first.
    """

    position: int
    event: ChatRequested
    body: ChatBody | None = None
    done: ChatAnswered | None = None
    said: list[SaidRecord] = field(default_factory=list)
    last: SaidRecord | None = None
    unsaid: str = ""
    told_at: float = float("-inf")
    overtaken: bool = False
    over: bool = False

    @property
    def streams(self) -> bool:
        """Whether pieces are wanted."""
        return bool(self.body and self.body.stream)

    @property
    def ended(self) -> bool:
        """Whether the last piece is durable."""
        return bool(self.said and self.said[-1].finish)

    @property
    def text(self) -> str:
        """All that is durable."""
        return "".join(piece.text for piece in self.said)

    def delta(self, seq: int) -> ChatDelta:
        """A durable piece as it is told."""
        piece, event = self.said[seq], self.event
        return ChatDelta(
            request=event.request, tenant=event.tenant, seq=seq, delta=piece.text, finish_reason=piece.finish
        )  # fmt: skip


def ask_of(talk: Talk, model: Chatter, limits: ChatLimits) -> Ask:
    """What the model is asked: the conversation, and what of the answer stands already."""
    body = talk.body
    if body is None:
        raise ValueError("a talk without a body is never asked")
    return Ask(
        turns=body.turns, most=body.most(limits), sampling=_sampling(body, model.usual), stop=body.stops,
        seed=body.seed, tenant=talk.event.tenant, stream=talk.streams, said=talk.text,
        spent=talk.said[-1].tokens if talk.said else 0,
    )  # fmt: skip


def _sampling(body: ChatBody, usual: Sampling) -> Sampling:
    """What the request says, else what the pack says; greedy is one group whatever else is asked."""
    temperature = usual.temperature if body.temperature is None else body.temperature
    if temperature <= 0:
        return Sampling()
    top_p = usual.top_p if body.top_p is None else body.top_p
    return Sampling(temperature, top_p, usual.top_k if body.top_k is None else body.top_k)


def heard(talk: Talk, step: Step, model: Chatter, now: float) -> SaidRecord | None:
    """The piece that is to be said now, if it is time: the first at once, the end at once, else every 0.1 s."""
    talk.unsaid += step.text
    due = talk.streams and talk.unsaid and now - talk.told_at >= PIECE_SECONDS
    if not (step.finish or due):
        return None
    seeded = talk.body is not None and talk.body.seed is not None
    piece = SaidRecord(
        text=talk.unsaid, tokens=step.tokens, prompt_tokens=step.prompt_tokens, finish=step.finish,
        model=model.identity.name, seed_honoured=model.seeds if seeded else None,
    )  # fmt: skip
    talk.unsaid, talk.told_at = "", now
    return piece


def tell(talk: Talk, piece: SaidRecord, bench: Bench) -> Iterator[Answer]:
    """Make a piece durable and say it; or say what another has made durable under its number, and take that over."""
    before = len(talk.said)
    if bench.store.create(WORK, piece_key(talk.event, before), to_bytes(piece)):
        talk.said.append(piece)
    else:
        talk.overtaken, talk.unsaid = True, ""
        read_on(talk, bench)
    yield from ((talk.position, talk.delta(seq)) for seq in range(before, len(talk.said)))


def read_on(talk: Talk, bench: Bench) -> None:
    """Take in the pieces that are durable."""
    while talk.streams and (piece := load(bench, piece_key(talk.event, len(talk.said)), SaidRecord)) is not None:
        talk.said.append(piece)
    if talk.ended:
        talk.last = talk.said[-1]


def piece_key(event: ChatRequested, seq: int) -> str:
    """Where a piece stands in the bucket ``work``."""
    return f"{place(event)}/said/{seq:06d}.json"


def result(talk: Talk, created: int) -> ChatAnswered:
    """The answer that follows from the pieces, or from the only one of an answer that does not stream."""
    event, last = talk.event, talk.said[-1] if talk.said else talk.last
    if last is None or last.error or last.finish in (None, "error"):
        return ChatAnswered(request=event.request, tenant=event.tenant, error=last.error if last else None)
    message = Said(content=talk.text if talk.said else last.text)
    usage = Usage(
        prompt_tokens=last.prompt_tokens, completion_tokens=last.tokens, total_tokens=last.prompt_tokens + last.tokens
    )
    return ChatAnswered(
        request=event.request, tenant=event.tenant, completion=f"chatcmpl-{derive(place(event))}",
        object="chat.completion", created=created, model=last.model, usage=usage, seed_honoured=last.seed_honoured,
        choices=(Choice(message=message, finish_reason="length" if last.finish == "length" else "stop"),),
    )  # fmt: skip
