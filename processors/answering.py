"""What chat and images share: where the one answer of a request stands, and how it is kept before it is told.

Everything about a request stands under a name derived from its tenant and id; the first durable answer wins.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from processors.artefacts import keep, load
from processors.bench import Bench
from schemas.errors import ChalkstreamError, ErrorInfo, Unavailable
from schemas.exchanges import Exchange, Requested, RequestError, WrongField
from schemas.ids import derive

A = TypeVar("A", bound=Exchange)
T = TypeVar("T")
AT_ONCE: Final = 8
"""Calls of the store that run beside each other: each is some milliseconds of waiting."""


def place(event: Requested) -> str:
    """Where all about a request stands in the bucket ``work``."""
    name = derive(event.fact, event.tenant, event.request)
    return f"{event.fact.partition('-')[0]}/{name}"


def answer_key(event: Requested) -> str:
    """Where its answer stands."""
    return f"{place(event)}/answer.json"


def answered(event: Requested, kind: type[A], bench: Bench) -> A | None:
    """The answer, if there is one."""
    return load(bench, answer_key(event), kind)


def kept(event: Requested, answer: A, bench: Bench) -> A:
    """The one answer: this, unless another was first."""
    return keep(bench, answer_key(event), answer)


def together(ask: Callable[[Any], T], items: Sequence[Any]) -> list[T]:
    """``ask`` of each, some at a time. Raises what any of them raises."""
    if len(items) <= 1:
        return [ask(each) for each in items]
    with ThreadPoolExecutor(min(AT_ONCE, len(items))) as threads:
        return list(threads.map(ask, items))


def reason(error: ChalkstreamError | ErrorInfo) -> RequestError:
    """An error as an answer says it."""
    if isinstance(error, ErrorInfo):
        return RequestError(**error.model_dump())
    param = error.param if isinstance(error, WrongField) else None
    return RequestError(**error.told.model_dump(), param=param)


def need_known(model: str | None, known: Iterable[str]) -> None:
    """Raise WrongField("unknown_model") unless it is one of ours; no name, or ``default``, is the pack's own."""
    names = ["default", *known]
    if model is not None and model not in names:
        raise WrongField("model", f"there is no model of that name, there are {', '.join(names)}", "unknown_model")


def refused(ahead: int, limit: int, check: Callable[[], object]) -> ChalkstreamError | None:
    """Why a request is answered as soon as it is read: its tenant has too many in hand, or ``check`` says so."""
    if ahead >= limit:
        what = f"{limit} requests of this tenant are in hand"
        return Unavailable(what, "send it again, under a new id, when some of them are answered", code="rate_limited")
    try:
        check()
    except WrongField as error:
        return error
    return None
