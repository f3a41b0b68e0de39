"""What a batch has in common, and which openings are worth keeping."""

from processors.chatting.opening import FEWEST, Kept, common

SYSTEM = list(range(100, 100 + 2 * FEWEST))


def test_the_opening_of_all_is_what_the_shortest_shares() -> None:
    prompts = [[*SYSTEM, 1, 2], [*SYSTEM, 3]]
    assert common(prompts, [len(SYSTEM)] * 2) == tuple(SYSTEM)
    assert common(prompts, [len(SYSTEM), FEWEST]) == tuple(SYSTEM[:FEWEST])


def test_unlike_or_short_openings_are_none() -> None:
    assert common([[*SYSTEM, 1], [7, *SYSTEM]], [len(SYSTEM)] * 2) == ()
    assert common([[*SYSTEM, 1]], [FEWEST - 1]) == ()
    assert common([[*SYSTEM, 1], [*SYSTEM, 1]], [len(SYSTEM), 0]) == ()
    assert common([], []) == ()


def test_something_is_left_to_read_after_it() -> None:
    assert common([SYSTEM], [len(SYSTEM)]) == tuple(SYSTEM[:-1])


def test_what_comes_again_is_kept_as_long_as_there_is_room() -> None:
    kept = Kept(budget=30)
    one, two, three = (tuple([n] * 15) for n in range(3))
    assert [kept.worth(one), kept.worth(one), kept.worth(two), kept.worth(two)] == [False, True, False, True]
    assert [kept.worth(three), kept.worth(three), kept.worth(one)] == [False, False, True]
    assert not kept.worth(())


def test_openings_that_never_come_again_are_forgotten() -> None:
    kept = Kept()
    assert not any(kept.worth((n,)) for n in range(10_000))
    assert len(kept._seen) <= 256 and not kept._kept
