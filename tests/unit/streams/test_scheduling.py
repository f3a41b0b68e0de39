"""What runs next: order per key, the express share, batches by size, cost and deadline, parking and dropping."""

from hypothesis import given
from hypothesis import strategies as st

from streams.scheduling import EXPRESS_SHARE, Waiting

Item = tuple[str, int]


def plain(**facts: object) -> Waiting[Item]:
    return Waiting(**{"key": lambda _: None, "express": lambda item: item[0] == "express", **facts})  # type: ignore[arg-type]


def keyed() -> Waiting[Item]:
    return plain(key=lambda item: item[0])


def test_first_come_first_served() -> None:
    waiting = plain()
    for number in range(3):
        waiting.add(("a", number), 0.0)
    assert [waiting.take(0.0) for _ in range(4)] == [[("a", 0)], [("a", 1)], [("a", 2)], []]


def test_express_goes_first_but_one_turn_in_four_is_kept_for_the_rest() -> None:
    waiting = plain()
    for number in range(40):
        waiting.add(("slow", number), 0.0)
        waiting.add(("express", number), 0.0)
    taken = [waiting.take(0.0)[0][0] for _ in range(40)]
    assert taken.count("slow") == 40 // EXPRESS_SHARE
    assert taken[:3] == ["express"] * 3


def test_nobody_waits_for_express_items_that_are_not_there() -> None:
    waiting = plain()
    waiting.add(("slow", 0), 0.0)
    assert waiting.take(0.0) == [("slow", 0)]


def test_one_at_a_time_per_key_others_meanwhile() -> None:
    waiting = keyed()
    for item in (("a", 0), ("a", 1), ("b", 0)):
        waiting.add(item, 0.0)
    assert waiting.take(0.0, most=9) == [("a", 0), ("b", 0)]
    assert waiting.take(0.0) == []
    waiting.release(("a", 0), 0.0)
    assert waiting.take(0.0) == [("a", 1)]


def test_a_parked_item_keeps_its_key() -> None:
    waiting = keyed()
    waiting.add(("a", 0), 0.0)
    waiting.add(("a", 1), 0.0)
    (first,) = waiting.take(0.0)
    waiting.park(first, 5.0)
    assert (waiting.take(4.9), waiting.due()) == ([], 5.0)
    assert waiting.take(5.0) == [("a", 0)]
    assert waiting.take(5.0) == []


def test_parked_items_come_back_in_the_order_of_their_time() -> None:
    waiting = plain()
    waiting.add(("late", 9), 0.0)
    for number in (2, 1, 3):
        waiting.park(("parked", number), float(number))
    assert [waiting.take(10.0)[0][1] for _ in range(4)] == [1, 2, 3, 9]


def test_a_batch_is_full_by_size_or_by_cost_or_by_waiting() -> None:
    by_size = plain(size=3, wait=1.0)
    for number in range(4):
        by_size.add(("a", number), 0.0)
    assert len(by_size.take(0.0)) == 3
    assert by_size.take(0.9) == []
    assert len(by_size.take(1.0)) == 1
    by_cost = plain(size=99, cost=10.0, wait=1.0, cost_of=lambda item: float(item[1]))
    for cost in (4, 4, 4):
        by_cost.add(("a", cost), 0.0)
    assert [item[1] for item in by_cost.take(0.0)] == [4, 4]


def test_an_item_that_costs_more_than_a_batch_goes_alone() -> None:
    waiting = plain(size=99, cost=10.0, wait=1.0, cost_of=lambda item: float(item[1]))
    waiting.add(("a", 50), 0.0)
    waiting.add(("a", 1), 0.0)
    assert waiting.take(0.0) == [("a", 50)]


def test_due_tells_when_to_ask_again() -> None:
    waiting = plain(size=3, wait=0.5)
    assert waiting.due() is None
    waiting.add(("a", 0), 2.0)
    assert waiting.due() == 2.5


def test_dropping_forgets_lost_partitions_and_frees_their_keys() -> None:
    waiting = keyed()
    for item in (("a", 0), ("a", 1), ("b", 0)):
        waiting.add(item, 0.0)
    assert sorted(waiting.drop(lambda item: item[0] == "a")) == [("a", 0), ("a", 1)]
    waiting.add(("a", 7), 0.0)
    assert sorted(waiting.take(0.0, most=9)) == [("a", 7), ("b", 0)]


def test_dropping_the_first_of_a_key_lets_the_next_one_run() -> None:
    """One key, two partitions: only one of them is lost."""
    waiting = keyed()
    for number in range(3):
        waiting.add(("a", number), 0.0)
    assert waiting.drop(lambda item: item[1] == 0) == [("a", 0)]
    assert waiting.take(0.0, most=9) == [("a", 1)]
    waiting.release(("a", 1), 0.0)
    assert waiting.take(0.0) == [("a", 2)]


def test_dropping_behind_an_item_in_flight_keeps_its_key_busy() -> None:
    waiting = keyed()
    waiting.add(("a", 0), 0.0)
    waiting.take(0.0)
    waiting.add(("a", 1), 0.0)
    assert waiting.drop(lambda _: True) == [("a", 1)]
    waiting.add(("a", 1), 0.0)
    assert waiting.take(0.0) == []
    waiting.release(("a", 0), 0.0)
    assert waiting.take(0.0) == [("a", 1)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99)), max_size=60), st.integers(1, 5))
def test_every_item_runs_once_and_in_order_per_key(log: list[Item], most: int) -> None:
    waiting, ran = keyed(), list[tuple[str, int, int]]()
    numbered = [(key, value, at) for at, (key, value) in enumerate(log)]
    for item in numbered:
        waiting.add(item, 0.0)  # type: ignore[arg-type]
    while batch := waiting.take(0.0, most=most):
        assert len({item[0] for item in batch}) == len(batch)
        for item in batch:
            ran.append(item)  # type: ignore[arg-type]
            waiting.release(item, 0.0)
    assert sorted(ran, key=lambda item: item[2]) == numbered
    for key in "abc":
        assert [item for item in ran if item[0] == key] == [item for item in numbered if item[0] == key]
    assert len(waiting) == 0
