"""The items that a desk has in hand: by place, by what they say, counted by topic and tenant. No work, no time."""

from collections import Counter
from collections.abc import Callable, Iterator

from processors.stage import Stage
from streams.item import Item, Place
from streams.precedence import Firsts, first_minutes
from streams.scheduling import Waiting


class Hand:
    """``express``: topics that are counted apart. ``firsts``: who is told of first minutes."""

    def __init__(self, express: frozenset[str], firsts: Firsts) -> None:
        self.express, self._firsts = express, firsts
        self._items: dict[Place, Item] = {}
        self._by_id: dict[str, Item] = {}
        self._counts = {True: 0, False: 0}
        self._tenants: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def __contains__(self, item: Item) -> bool:
        return item.place in self._items

    def count(self, *, express: bool) -> int:
        """Items that came by the express topic, or not."""
        return self._counts[express]

    def of_tenant(self, tenant: str) -> int:
        """Items of one tenant."""
        return self._tenants[tenant]

    def twin(self, item: Item) -> Item | None:
        """One in hand that says the same."""
        known = self._by_id.get(item.name)
        return known if known is not None and known.event == item.event else None

    def hold(self, item: Item, *, named: bool = True) -> None:
        """``named``: whether what says the same is its twin."""
        self._items[item.place] = item
        self._counts[item.origin.topic in self.express] += 1
        self._tenants[item.event.tenant] += 1
        self._firsts.begins(item.event)
        if named:
            self._by_id[item.name] = item

    def release(self, item: Item) -> bool:
        """No more of it here; False where it was not in hand."""
        if self._items.pop(item.place, None) is None:
            return False
        self._counts[item.origin.topic in self.express] -= 1
        self._tenants[item.event.tenant] -= 1
        self._firsts.ends(item.event)
        if not self._tenants[item.event.tenant]:
            del self._tenants[item.event.tenant]
        if self._by_id.get(item.name) is item:
            del self._by_id[item.name]
        return True


def waiting_for(stage: Stage) -> Waiting[Item]:
    """Where items wait for their turn, by the rules of their stage."""
    batch = stage.batch
    key: Callable[[Item], str | None] = (lambda item: item.event.job) if stage.ordered else (lambda _: None)
    waiting: Waiting[Item] = Waiting(key=key, express=lambda item: first_minutes(item.event))
    if batch:
        waiting.size, waiting.cost, waiting.wait = batch.size, batch.cost, batch.wait_ms / 1000
        waiting.cost_of = lambda item: batch.cost_of(item.event)
    return waiting
