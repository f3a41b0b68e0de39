"""Ranges, names, cursors, limits, signatures: decisions without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.jobs import JobStatus
from streams.gateway import cursors
from streams.gateway.board import Board
from streams.gateway.keys import Keyring, mint, remove
from streams.gateway.limits import Limits
from streams.gateway.problems import Refused
from streams.gateway.ranges import disposition, matches, span
from streams.gateway.secret import Signer, signer
from tests.unit.streams.gateway.kit import NOW, MemoryState


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, None), ("bytes=0-", (0, 100)), ("bytes=10-19", (10, 20)), ("bytes=90-900", (90, 100)),
        ("bytes=-5", (95, 100)), ("bytes=-500", (0, 100)), ("bytes=5-2", None), ("bytes=0-1,5-6", None),
        ("bytes=-", None), ("pages=1-2", None), ("bytes=a-b", None),
    ],
)  # fmt: skip
def test_a_range_is_some_of_the_bytes_or_the_whole(header: str | None, found: tuple[int, int] | None) -> None:
    assert span(header, 100) == found


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_a_range_that_is_not_there_is_416(header: str) -> None:
    with pytest.raises(Refused) as refused:
        span(header, 100)
    assert (refused.value.status, refused.value.headers["Content-Range"]) == (416, "bytes */100")


@given(st.text())
def test_a_name_never_breaks_out_of_its_header(name: str) -> None:
    header = disposition(name.encode("utf-8", "replace").decode(), inline=False)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_a_condition_names_tags_weak_or_strong_or_any() -> None:
    assert matches('"a", W/"b"', "b")
    assert matches("*", "whatever")
    assert not matches('"a"', "b")
    assert not matches(None, "b")


@given(st.integers(0, 999), st.dictionaries(st.sampled_from("jtsf"), st.integers(0, 10**12)))
def test_a_cursor_is_read_as_it_was_written_and_only_for_its_run(run: int, places: dict[str, int]) -> None:
    text = cursors.written(run, places)
    assert cursors.read(text, run) == places
    assert cursors.read(text, run + 1) == {}


@given(st.text())
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert all(isinstance(place, int) for place in cursors.read(text, 0).values())


def test_a_rate_is_kept_and_comes_back_with_time() -> None:
    now = [0.0]
    limits = Limits(60, clock=lambda: now[0])
    for _ in range(60):
        limits.count("a")
    with pytest.raises(Refused) as refused:
        limits.count("a")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "1")
    limits.count("b")
    now[0] = 1.0
    limits.count("a")


def test_what_is_held_is_let_go_of() -> None:
    limits = Limits(60)
    with limits.hold("a", "uploads", 1), pytest.raises(Refused), limits.hold("a", "uploads", 1):
        pass
    with limits.hold("a", "uploads", 1), limits.hold("b", "uploads", 1):
        assert limits.held("a", "uploads") == 1
    assert limits.held("a", "uploads") == 0


def test_a_signature_holds_for_its_purpose_its_time_and_its_secret() -> None:
    mine = signer(MemoryState())
    token = mine.sign("image", "lab/a.b/0.png", 100)
    assert mine.read("image", token, 99) == "lab/a.b/0.png"
    assert mine.read("image", token, 101) is None
    assert mine.read("session", token, 99) is None
    assert mine.read("image", token.replace("lab", "bal"), 99) is None
    assert Signer(b"another").read("image", token, 99) is None
    assert mine.read("image", "nonsense", 0) is None


def test_all_gateways_share_one_secret() -> None:
    state = MemoryState()
    assert signer(state) == signer(state)


def test_a_key_is_kept_as_a_hash_and_ends_soon_after_it_is_removed() -> None:
    state, now = MemoryState(), [0.0]
    made = mint(state, "lab", "viewer", now=NOW)
    ring = Keyring(state, clock=lambda: now[0])
    holder = ring.holder(made)
    assert holder is not None
    assert (holder.tenant, holder.role) == ("lab", "viewer")
    assert made.encode() not in b"".join(state.objects.values())
    assert made.rpartition("_")[2].encode() not in b"".join(state.objects.values())
    assert ring.holder(made[:-1] + ("A" if made[-1] != "A" else "B")) is None
    assert ring.holder("ck_nonsense") is None
    remove(state, holder.key)
    now[0] = 60.0
    assert ring.holder(made) is None


def _status(number: int, **told: str) -> JobStatus:
    name = f"00000000-0000-0000-0000-{number:012d}"
    return JobStatus.model_validate({"job": name, "created": f"2026-01-01T00:00:{number:02d}", **told})


def test_pages_are_newest_first_without_holes_and_of_one_tenant() -> None:
    board = Board()
    for number in range(25):
        board.take(_status(number, tenant="lab" if number % 5 == 0 else "default", state="done"))
    seen, cursor = list[str](), None
    while True:
        found, cursor = board.page("default", limit=7, after=cursor)
        seen += [each.job[-2:] for each in found]
        if cursor is None:
            break
    assert seen == [f"{number:02d}" for number in reversed(range(25)) if number % 5]
    assert [each.job[-2:] for each in board.page("lab", limit=99)[0]] == ["20", "15", "10", "05", "00"]


def test_the_board_never_goes_back_and_forgets_for_good() -> None:
    board, job = Board(), _status(1).job
    assert board.take(_status(1, state="running"))
    assert board.running("default") == 1
    assert board.take(_status(1, state="done"))
    assert not board.take(_status(1, state="running"))
    assert board.running("default") == 0
    assert board.get("lab", job) is None
    board.forget(job)
    assert not board.take(_status(1, state="done"))
    assert board.page("default", limit=5) == ([], None)
    assert board.page("default", limit=5, state="done") == ([], None)
