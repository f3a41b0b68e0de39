"""The checker of chat under kills finds what is missing, told twice, or told otherwise."""

import json
from typing import Any

import pytest

from bench.chaos.talks import Said, verdict

FINE = {"missing": 0, "second": 0, "two_texts": 0, "failed": 0, "unasked_streams": 0}
ASKED = {"a": False, "b": True}


def answer(request: str, text: str, name: str = "") -> Said:
    told = {"request": request, "choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
    return Said("chat.responses", name or f"answer-{request}", json.dumps(told).encode())


def delta(request: str, seq: int, text: str, finish: str | None = None) -> Said:
    told: dict[str, Any] = {"request": request, "seq": seq, "delta": text}
    told |= {"finish_reason": finish} if finish else {}
    return Said("chat.deltas", f"{request}-{seq}", json.dumps(told).encode())


GOOD = [answer("a", "x"), delta("b", 0, "one "), delta("b", 1, "two", "stop"), answer("b", "one two")]


def test_what_is_right_is_right_also_when_it_is_told_twice_or_by_others() -> None:
    assert verdict(ASKED, [*GOOD, *GOOD[:2], answer("z", "?"), delta("z", 0, "?")]) == FINE


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        (GOOD[1:], "missing"),
        ([*GOOD, answer("a", "y")], "second"),
        ([*GOOD, answer("a", "x", "other")], "second"),
        ([*GOOD, delta("b", 0, "eins ")], "second"),
        ([*GOOD[:3], answer("b", "one three")], "two_texts"),
        ([GOOD[0], GOOD[2], GOOD[3]], "two_texts"),
        ([GOOD[0], GOOD[3]], "two_texts"),
        ([GOOD[0], GOOD[1], GOOD[3]], "two_texts"),
        ([*GOOD, delta("b", 2, "", "stop")], "two_texts"),
        ([*GOOD, delta("a", 0, "x", "stop")], "unasked_streams"),
        ([*GOOD[1:], Said("chat.responses", "e", b'{"request": "a", "error": {"code": "crashed"}}')], "failed"),
    ],
)
def test_what_is_wrong_is_counted(records: list[Said], kind: str) -> None:
    assert verdict(ASKED, records) == {**FINE, kind: 1}
