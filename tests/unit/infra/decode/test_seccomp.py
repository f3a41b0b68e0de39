"""The filter, run here step by step as the kernel would run it."""

from struct import iter_unpack

import pytest

from infra.decode.seccomp import ALLOW, CALLS, EQUAL, KILL, LOAD, NUMBER, REFUSE, RETURN, program

MACHINES = sorted(CALLS)
OTHERS = {"x86_64": {"openat": 257, "socket": 41, "execve": 59, "ptrace": 101, "kill": 62, "clone": 56, "sendmsg": 46},
          "aarch64": {"openat": 56, "socket": 198, "execve": 221, "ptrace": 117, "kill": 129, "clone": 220,
                      "sendmsg": 211}}  # fmt: skip


def judge(code: bytes, number: int, architecture: int) -> int:
    """The filter's answer to one call."""
    steps = list(iter_unpack("<HBBI", code))
    at = held = 0
    while True:
        kind, true, false, value = steps[at]
        if kind == RETURN:
            return value
        if kind == LOAD:
            held = number if value == NUMBER else architecture
        elif kind == EQUAL:
            at += true if held == value else false
        at += 1


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_listed_is_allowed(machine: str) -> None:
    architecture, calls = CALLS[machine]
    code = program(architecture, sorted(calls.values()))
    assert {judge(code, number, architecture) for number in calls.values()} == {ALLOW}


@pytest.mark.parametrize("machine", MACHINES)
def test_everything_else_is_refused(machine: str) -> None:
    architecture, calls = CALLS[machine]
    code = program(architecture, sorted(calls.values()))
    rest = set(range(600)) - set(calls.values()) | {0x40000000 | number for number in calls.values()}
    assert set(OTHERS[machine].values()) <= rest
    assert {judge(code, number, architecture) for number in rest} == {REFUSE}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_call_of_another_architecture_kills(machine: str) -> None:
    architecture, calls = CALLS[machine]
    code = program(architecture, sorted(calls.values()))
    assert judge(code, min(calls.values()), 0x40000003) == KILL
