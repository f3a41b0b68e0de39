"""Log lines: JSON, what repeats seldom, and no text of errors, which may hold what must not be logged."""

import json
import logging

import pytest

from streams.logs import SELDOM_SECONDS, Lines, Seldom


def record(
    message: str, *args: object, name: str = "aiokafka.conn", error: Exception | None = None
) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, args, info)


def test_an_error_is_told_by_type_and_place_and_never_by_its_text() -> None:
    try:
        raise ValueError("the professor said something private")
    except ValueError as error:
        line = Lines().format(record("failed", error=error))
    told = json.loads(line)
    assert "private" not in line
    assert told["error"] == "ValueError"
    assert told["at"][-1].startswith("test_logs.py:")


def test_what_is_given_beside_the_message_is_kept() -> None:
    one = record("ready")
    one.stage = "demux"
    told = json.loads(Lines().format(one))
    assert (told["message"], told["stage"], told["level"]) == ("ready", "demux", "warning")
    assert "\n" not in Lines().format(record("two\nlines"))


def test_what_repeats_is_told_seldom_with_the_number_left_out() -> None:
    now = [0.0]
    seldom = Seldom(lambda: now[0])
    passed = [seldom.filter(record("Unable connect to %s", number)) for number in range(5)]
    assert passed == [True, False, False, False, False]
    now[0] = SELDOM_SECONDS
    again = record("Unable connect to %s", 9)
    assert seldom.filter(again)
    assert getattr(again, "left_out", 0) == 4


@pytest.mark.parametrize("message", ["Group Coordinator Request failed: [Error 15] GroupCoordinatorNotAvailableError"])
def test_what_is_normal_at_a_first_start_is_not_told(message: str) -> None:
    assert not Seldom().filter(record(message))
    assert Seldom().filter(record("Group Coordinator Request failed: [Error 30] GroupAuthorizationFailedError"))
