"""The tree, and what of it reaches people."""

import pytest

from schemas.errors import (
    BadInput,
    BadSettings,
    Broken,
    Cancelled,
    ChalkstreamError,
    ErrorInfo,
    NotFound,
    Unavailable,
    rebuild,
)


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (BadInput("too_long", "it is long", "cut it"), 3),
        (NotFound("it is gone", "look again"), 3),
        (BadSettings("no such pack", "name another"), 2),
        (Unavailable("disk full", "free some"), 1),
        (Broken("crashed", "boom", "report it"), 1),
        (Cancelled(), 130),
    ],
)
def test_every_error_is_one_line_with_a_code_and_an_exit_code(error: ChalkstreamError, exit_code: int) -> None:
    assert error.exit_code == exit_code
    assert str(error).startswith(f"{error.code}: ") and "\n" not in str(error)


def test_a_line_says_what_to_do() -> None:
    assert str(BadInput("too_long", "it is\nlong", "cut  it")) == "too_long: it is long - cut it"


@pytest.mark.parametrize("code", ["too_long", "cancelled", "unavailable", "overloaded", "crashed", "internal"])
def test_an_error_survives_the_wire(code: str) -> None:
    info = ErrorInfo(code=code, message="what", remedy="do")
    assert rebuild(info).info == info
