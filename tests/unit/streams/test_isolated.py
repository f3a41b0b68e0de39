"""Suspects are tried together, and who takes the child down is found by halving: no innocent is given up on."""

import sys
from collections.abc import Sequence

import pytest

from processors.stage import Answer
from schemas.errors import Cancelled
from streams.isolated import DEATHS, child, halved
from streams.retry import TriedEnough

HANGING = (sys.executable, "-c", "import signal; signal.pause()")
ANSWERING = (sys.executable, "-c", "import sys; print(sys.stdin.read())")
DYING = (sys.executable, "-c", "import os; os._exit(9)")


def tried(count: int, guilty: set[int]) -> tuple[dict[int, object], list[list[int]]]:
    """Who ended how, and who was tried with whom."""
    tries: list[list[int]] = []

    def ask(chosen: Sequence[int]) -> list[Answer] | None:
        tries.append(list(chosen))
        return None if guilty & set(chosen) else [(at, None) for at in range(len(chosen))]

    answers = list(halved(ask, range(count), "s"))
    assert len(answers) == count
    return dict(answers), tries


def test_innocents_cost_one_child() -> None:
    ends, tries = tried(64, set())
    assert len(tries) == 1 and set(ends.values()) == {None}


@pytest.mark.parametrize("guilty", [{0}, {63}, {17, 18}, {5, 40}])
def test_the_guilty_are_found_and_the_others_end(guilty: set[int]) -> None:
    ends, tries = tried(64, guilty)
    assert {at for at, end in ends.items() if isinstance(end, TriedEnough) and end.code == "crashed"} == guilty
    assert all(tries.count([at]) == DEATHS for at in guilty)
    assert len(tries) <= len(guilty) * (2 * 6 + DEATHS)


def test_one_alone_has_its_tries() -> None:
    assert tried(1, {0})[1] == [[0]] * DEATHS
    assert tried(1, set())[0] == {0: None}


def test_a_child_that_hangs_is_a_death_and_one_that_nobody_wants_is_ended() -> None:
    assert child(HANGING, "{}", lambda: False, hangs=0.1, look=0.05) is None
    with pytest.raises(Cancelled):
        child(HANGING, "{}", lambda: True, look=0.05)


def test_a_child_answers_or_dies() -> None:
    assert child(ANSWERING, '{"at": 0, "done": true}', lambda: True) == [(0, None)]
    assert child(DYING, "{}" * 100_000, lambda: False) is None
