"""Engines are made so that what is quick is never behind them."""

import os
import sys
import threading

import pytest

from streams.bootstrap import NICENESS, gently


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no niceness of their own")
def test_threads_of_an_engine_that_is_busy_for_hours_yield_and_nobody_elses_do() -> None:
    def load() -> tuple[int, int]:
        found: list[int] = []
        made = threading.Thread(target=lambda: found.append(niceness()))
        made.start()
        made.join()
        return niceness(), found[0]

    mine = niceness()
    assert gently(load) == (max(NICENESS, mine), max(NICENESS, mine))
    assert niceness() == mine


def test_what_goes_wrong_while_loading_is_told() -> None:
    with pytest.raises(ZeroDivisionError):
        gently(lambda: 1 / 0)
