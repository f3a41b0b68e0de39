"""Who shares a batch: alike in sampling and length, one of each tenant in turn, those begun first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.chatting.company import FEW, PATIENCE, SPREAD, Seat, company, join, turns


def seat(tenant: str = "a", *, group: str = "greedy", tokens: int = 20, room: int = 32, since: float = 0.0,
         begun: bool = False) -> Seat:  # fmt: skip
    return Seat(group, tokens, room, tenant, since, begun)


def test_a_flood_of_one_tenant_leaves_the_others_their_turn() -> None:
    seats = [seat("flood", since=n / 1000) for n in range(100)] + [seat("b", since=1.0), seat("c", since=2.0)]
    assert {100, 101} <= set(company(seats, size=8, budget=10_000))
    assert turns(seats)[:5] == [0, 100, 101, 1, 2]


def test_those_begun_go_first_and_whoever_waited_longest_opens() -> None:
    seats = [seat(since=5.0, begun=True), seat(since=1.0, group="hot"), seat(since=2.0, group="hot")]
    assert company(seats, size=8, budget=10_000) == [1, 2]
    assert turns([seat(since=1.0), seat(since=5.0, begun=True)]) == [1, 0]


def test_prompts_of_unlike_length_do_not_wait_for_each_other() -> None:
    seats = [seat(tokens=20), seat(tokens=20 + SPREAD), seat(tokens=21 + SPREAD)]
    assert company(seats, size=8, budget=10_000) == [0, 1]


def test_a_batch_keeps_its_budget_and_one_that_exceeds_it_goes_alone() -> None:
    assert len(company([seat() for _ in range(20)], size=64, budget=5 * 52)) == 5
    assert company([seat(tokens=9_999), seat(tokens=9_990)], size=64, budget=100) == [0]


@pytest.mark.parametrize(("idle", "taken"), [(1, 32), (2, 16), (4, FEW), (9, FEW)])
def test_idle_models_share_what_waits_but_not_in_crumbs(idle: int, taken: int) -> None:
    assert len(company([seat() for _ in range(32)], size=64, budget=10_000, idle=idle)) == taken


def test_a_batch_is_broken_off_for_much_work_or_a_long_wait_and_only_where_there_is_room() -> None:
    alive = [seat(tokens=30, since=0.0)]
    assert not join(alive, [seat(since=1.0)], size=8, now=1.1)
    assert join(alive, [seat(since=1.0) for _ in range(3)], size=8, now=1.1)
    assert join(alive, [seat(since=1.0)], size=8, now=1.0 + PATIENCE)
    assert not join(alive, [seat(since=1.0) for _ in range(9)], size=1, now=9.0)
    assert join(alive, [seat(since=1.0, group="hot")], size=1, now=9.0)
    assert not join([], [seat()], size=8, now=9.0) and not join(alive, [], size=8, now=9.0)


@settings(deadline=None)
@given(
    st.lists(st.builds(seat, st.sampled_from("abc"), group=st.sampled_from(["g", "h"]), tokens=st.integers(1, 2000),
                       room=st.integers(1, 500), since=st.floats(0, 9), begun=st.booleans()), min_size=1, max_size=40),
    st.integers(1, 16), st.integers(1, 5_000), st.integers(1, 4),
)  # fmt: skip
def test_every_batch_keeps_its_rules_and_serves_who_waited_longest(
    seats: list[Seat], size: int, budget: int, idle: int
) -> None:
    chosen = company(seats, size=size, budget=budget, idle=idle)
    oldest = min(range(len(seats)), key=lambda at: (seats[at].since, at))
    assert oldest in chosen and len(chosen) == len(set(chosen)) <= max(1, size)
    assert len({seats[at].group for at in chosen}) == 1
    assert len(chosen) == 1 or sum(seats[at].tokens + seats[at].room for at in chosen) <= budget
    assert [seats[at].tokens for at in chosen] == sorted(seats[at].tokens for at in chosen)
