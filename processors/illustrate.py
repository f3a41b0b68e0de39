"""illustrate: pictures for requests, those alike in size and steps in one batch, whoever asked.

A picture stands in the bucket ``results`` under a name derived from its request, first come first kept; its seed is the
request's, or follows from the request's id: so a crash leaves no second picture, and what was painted is not again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from processors.answering import answered, kept, need_known, place, reason, refused, together
from processors.bench import Bench
from processors.brushwork import Brushwork
from processors.painting import Painter, Wish, fitting, is_withheld, png
from processors.recipes import RESULTS
from processors.stage import Answer, Batch, Stage
from schemas.errors import BadInput, Cancelled, ChalkstreamError, ErrorInfo, NotFound
from schemas.events import Event
from schemas.exchanges import RequestError
from schemas.ids import derive
from schemas.images import (
    SEEDS,
    ImageBody,
    ImageProgress,
    ImageRequested,
    ImagesMade,
    ImageUsage,
    MadeImage,
    read_image,
)

Place = tuple["Order", int]
PROGRESS_SECONDS = 0.2


@dataclass
class Order:
    """One request in work: what is wished for, and what stands already."""

    position: int
    event: ImageRequested
    done: ImagesMade | None = None
    body: ImageBody | None = None
    error: RequestError | None = None
    wishes: list[Wish] = field(default_factory=list)
    made: dict[int, MadeImage] = field(default_factory=dict)
    told_at: float = float("-inf")
    over: bool = False


def illustrate(events: Sequence[ImageRequested], bench: Bench) -> Iterator[Answer]:
    """Each request's pictures as soon as it has all of them."""
    orders = together(lambda pair: _begin(pair[0], pair[1], bench), list(enumerate(events)))
    painter = _painter([order for order in orders if not order.done and not order.error], bench)
    if painter:
        together(
            lambda order: _plan(order, painter, bench), [each for each in orders if not each.done and not each.error]
        )
    for order in orders:
        yield from _told(order, painter, bench)
    for batch in _batches(orders, painter.batch) if painter else ():
        yield from _paint(batch, painter, bench) if painter else ()


def _begin(position: int, event: ImageRequested, bench: Bench) -> Order:
    order = Order(position, event, done=answered(event, ImagesMade, bench))
    try:
        order.body = read_image(event.body, bench.image)
        if bench.cancelled(event.job, event.run):
            raise Cancelled
    except (BadInput, Cancelled) as error:
        order.error = reason(error)
    return order


def _painter(orders: Sequence[Order], bench: Bench) -> Painter | None:
    """The model, if anybody needs it; without it they get its error."""
    try:
        return bench.engines.painter() if orders else None
    except ChalkstreamError as error:
        for order in orders:
            order.error = reason(error)
        return None


def _plan(order: Order, painter: Painter, bench: Bench) -> None:
    body = order.body
    if body is None:
        return
    try:
        need_known(body.model, [painter.identity.name])
        width, height = fitting(body.pixels, painter)
    except BadInput as error:
        order.error = reason(error)
        return
    first = int(derive(place(order.event))[:8], 16) if body.seed is None else body.seed
    order.wishes = [
        Wish(body.prompt, body.negative_prompt or "", (first + n) % SEEDS, width, height, body.steps or painter.steps)
        for n in range(body.n or 1)
    ]
    for n, wish in enumerate(order.wishes):
        stored = _stored(_key(order, n), bench)
        if stored is not None:
            order.made[n] = _facts(order, n, wish, stored)


def _batches(orders: Sequence[Order], size: int) -> Iterator[list[Place]]:
    """What is left to paint: alike in size and steps, in the order of arrival."""
    alike: dict[tuple[int, int, int], list[Place]] = defaultdict(list)
    for order in orders:
        for n, wish in enumerate(order.wishes):
            if n not in order.made:
                alike[wish.like].append((order, n))
    for places in alike.values():
        yield from (places[at : at + size] for at in range(0, len(places), size))


def _paint(batch: list[Place], painter: Painter, bench: Bench) -> Iterator[Answer]:
    def left() -> bool:
        return all(bench.cancelled(order.event.job, order.event.run) for order, _ in batch)

    orders = list({id(order): order for order, _ in batch}.values())
    work = Brushwork(painter, [order.wishes[n] for order, n in batch], left)
    try:
        for step in work.steps():
            for order in orders:
                yield from _progress(order, sum(each is order for each, _ in batch), step, bench)
    except Cancelled as error:
        for order in orders:
            order.error = reason(error)

    def keep(pair: tuple[Place, bytes | None]) -> None:
        (order, n), picture = pair
        _keep(order, n, png(picture, order.wishes[n], painter.identity), bench)

    together(keep, list(zip(batch, work.pictures, strict=False)))
    for answers in together(lambda order: list(_told(order, painter, bench)), orders):
        yield from answers


def _progress(order: Order, pictures: int, step: int, bench: Bench) -> Iterator[Answer]:
    """How far it is, at most every 0.2 s; what it says follows from the step alone."""
    now = bench.clock()
    if now - order.told_at < PROGRESS_SECONDS:
        return
    order.told_at = now
    event, steps = order.event, sum(wish.steps for wish in order.wishes)
    done = min(steps, len(order.made) * order.wishes[0].steps + pictures * step)
    yield order.position, ImageProgress(
        request=event.request, tenant=event.tenant, progress=done / steps, step=done, steps=steps
    )  # fmt: skip


def _keep(order: Order, n: int, data: bytes, bench: Bench) -> None:
    """What stands first stands."""
    if not bench.store.create(RESULTS, _key(order, n), data):
        data = bench.store.get(RESULTS, _key(order, n))
    order.made[n] = _facts(order, n, order.wishes[n], data)


def _key(order: Order, n: int) -> str:
    event = order.event
    tenant = event.tenant if event.tenant.replace("-", "").replace("_", "").isalnum() else derive(event.tenant)
    return f"{tenant}/{derive(place(event))}/{n}.png"


def _stored(key: str, bench: Bench) -> bytes | None:
    try:
        return bench.store.get(RESULTS, key)
    except NotFound:
        return None


def _facts(order: Order, n: int, wish: Wish, data: bytes) -> MadeImage:
    return MadeImage(
        bucket=RESULTS, key=_key(order, n), sha256=hashlib.sha256(data).hexdigest(), size=len(data),
        width=wish.width, height=wish.height, seed=wish.seed, withheld=is_withheld(data) or None,
    )  # fmt: skip


def _told(order: Order, painter: Painter | None, bench: Bench) -> Iterator[Answer]:
    """The answer, once, when all of it is there."""
    if order.done is None and (order.error or (order.wishes and len(order.made) == len(order.wishes))):
        order.done = kept(order.event, _answer(order, painter, bench), bench)
    if order.done is not None and not order.over:
        order.over = True
        yield order.position, order.done
        yield order.position, None


def _answer(order: Order, painter: Painter | None, bench: Bench) -> ImagesMade:
    request, tenant = order.event.request, order.event.tenant
    if order.error or painter is None:
        return ImagesMade(request=request, tenant=tenant, error=order.error)
    images = tuple(order.made[n] for n in range(len(order.wishes)))
    usage = ImageUsage(images=len(images), steps=sum(wish.steps for wish in order.wishes))
    return ImagesMade(
        request=request, tenant=tenant, created=int(bench.now()), model=painter.identity.name, images=images,
        usage=usage,
    )  # fmt: skip


def _refuse(event: ImageRequested, ahead: int, bench: Bench) -> ChalkstreamError | None:
    return refused(ahead, bench.image.inflight, lambda: read_image(event.body, bench.image))


def _given_up(event: ImageRequested, error: ErrorInfo, bench: Bench) -> Iterable[Event]:
    """A typed error, unless there is an answer; what is wrong with the request itself is said by its field."""
    order = _begin(0, event, bench)
    order.error = order.error or reason(error)
    return [answer for _, answer in _told(order, None, bench) if isinstance(answer, Event)]


STAGE = Stage(
    name="illustrate",
    takes=(ImageRequested,),
    gives=(ImageProgress, ImagesMade),
    run=illustrate,
    given_up=_given_up,
    batch=Batch(size=16, wait_ms=50),
    can_crash=True,
    engine="painter",
    streams=True,
    answers=True,
    refuse=_refuse,
)
