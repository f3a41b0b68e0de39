"""chat: one answer per request, many requests in one batch of the model, told as each comes.

A streamed answer is kept piece by piece, each create-if-absent under its number *before* it is told: so whoever goes
on after a crash reads what was told, tells it again under the same ids, and gives it to the model as the beginning of
the answer. Two workers that have the same request can't tell two texts: who finds the next number taken takes over
what stands there. (The deltas on the topic would hold the same, but are found by reading all of a partition.)
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from processors.answering import answered, kept, need_known, reason, refused, together
from processors.bench import Bench
from processors.chatting.talk import Talk, ask_of, heard, read_on, result, tell
from processors.chatting.values import Chatter, Step
from processors.stage import Answer, Batch, Stage
from schemas.chat import ChatAnswered, ChatDelta, ChatRequested, SaidRecord, read_chat
from schemas.errors import BadInput, Cancelled, ChalkstreamError, ErrorInfo, Unavailable
from schemas.events import Event
from schemas.exchanges import WrongField

Heard = Step | ChalkstreamError
Due = tuple[Talk, list[SaidRecord | ChalkstreamError]]


def chat(events: Sequence[ChatRequested], bench: Bench) -> Iterator[Answer]:
    """Each request's deltas, if it streams, and its one answer."""
    talks = together(lambda pair: _begin(pair[0], pair[1], bench), list(enumerate(events)))
    for talk in talks:
        yield from ((talk.position, talk.delta(seq)) for seq in range(len(talk.said)))
        yield from _end(talk, talk.last, bench) if talk.done or talk.last else ()
    left = [talk for talk in talks if not talk.over]
    while left:
        yield from _converse(left, bench)
        left = [talk for talk in left if not talk.over]


def _begin(position: int, event: ChatRequested, bench: Bench) -> Talk:
    """What is known of a request before a model is asked."""
    talk = Talk(position, event, done=answered(event, ChatAnswered, bench))
    try:
        talk.body = read_chat(event.body, bench.chat)
        read_on(talk, bench)
        if bench.cancelled(event.job, event.run):
            raise Cancelled
    except (WrongField, Cancelled) as error:
        talk.last = talk.last or _wrong(error)
    return talk


def _converse(talks: Sequence[Talk], bench: Bench) -> Iterator[Answer]:
    """Ask the model for all of them; those that another worker was ahead with are left open, to be asked anew."""
    model = _model(talks, bench)
    for talk in [talk for talk in talks if talk.last]:
        yield from _end(talk, talk.last, bench)
    ready = [talk for talk in talks if not talk.over]
    if model is None or not ready:
        return
    for talk in ready:
        talk.overtaken = False
    asks = [ask_of(talk, model, bench.chat) for talk in ready]
    for burst in model.converse(asks, lambda at: _is_left(ready[at], bench)):
        due = _due([(ready[at], told) for at, told in burst], model, bench)
        for answers in together(lambda each: _say(each, bench), due):
            yield from answers


def _model(talks: Sequence[Talk], bench: Bench) -> Chatter | None:
    """The model; talks that it can't serve get their end."""
    model: Chatter | None = None
    for talk in talks:
        try:
            model = bench.engines.chatter()
            need_known(talk.body.model if talk.body else None, [model.identity.name])
        except ChalkstreamError as error:
            talk.last = _wrong(error)
    return model


def _is_left(talk: Talk, bench: Bench) -> bool:
    return talk.overtaken or bench.cancelled(talk.event.job, talk.event.run)


def _due(burst: Sequence[tuple[Talk, Heard]], model: Chatter, bench: Bench) -> list[Due]:
    """What is to be said of a burst, talk by talk; steps that are not worth a piece yet are only kept in mind."""
    due: dict[int, Due] = {}
    for talk, told in [pair for pair in burst if not pair[0].overtaken]:
        what = heard(talk, told, model, bench.clock()) if isinstance(told, Step) else told
        if what is not None:
            due.setdefault(talk.position, (talk, []))[1].append(what)
    return list(due.values())


def _say(due: Due, bench: Bench) -> list[Answer]:
    """More of one answer, its end, or an error. A bug goes to the runner, which knows what to do with it."""
    talk, whats = due
    answers: list[Answer] = []
    for what in whats:
        if talk.overtaken or talk.over:
            break
        if isinstance(what, SaidRecord):
            answers += _end(talk, what, bench) if what.finish else tell(talk, what, bench)
        elif isinstance(what, BadInput | Cancelled | Unavailable):
            answers += _end(talk, _wrong(what), bench)
        else:
            talk.over = True
            answers.append((talk.position, what))
    return answers


def _end(talk: Talk, last: SaidRecord | None, bench: Bench) -> Iterator[Answer]:
    """The last piece, if it streams, then the answer that follows from the pieces; unless another was ahead."""
    if talk.done is None and last is not None:
        talk.last = last
        if talk.streams and not talk.ended:
            yield from tell(talk, last, bench)
        if talk.streams and not talk.ended:
            talk.last = None
            return
        talk.done = kept(talk.event, result(talk, int(bench.now())), bench)
    if talk.done is not None:
        talk.over = True
        yield talk.position, talk.done
        yield talk.position, None


def _wrong(error: ChalkstreamError | ErrorInfo) -> SaidRecord:
    return SaidRecord(text="", finish="error", error=reason(error))


def _refuse(event: ChatRequested, ahead: int, bench: Bench) -> ChalkstreamError | None:
    return refused(ahead, bench.chat.inflight, lambda: read_chat(event.body, bench.chat))


def _given_up(event: ChatRequested, error: ErrorInfo, bench: Bench) -> Iterable[Event]:
    """A typed error, unless there is an answer; what is wrong with the request itself is said by its field."""
    talk = _begin(0, event, bench)
    told: list[Any] = [talk.delta(seq) for seq in range(len(talk.said))]
    told += [answer for _, answer in _end(talk, talk.last or _wrong(error), bench)]
    return [each for each in told if isinstance(each, Event)]


STAGE = Stage(
    name="chat",
    takes=(ChatRequested,),
    gives=(ChatDelta, ChatAnswered),
    run=chat,
    given_up=_given_up,
    batch=Batch(size=64, wait_ms=0),
    can_crash=True,
    engine="chatter",
    streams=True,
    answers=True,
    refuse=_refuse,
)
