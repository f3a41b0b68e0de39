"""What stands on a dead letter: all of the original, and where, when, why (CONTRACT §3)."""

from schemas.errors import ErrorInfo
from streams.deadletters import Origin, letter_headers

ORIGIN = Origin("media.chunks", 3, 42, 1_700_000_000_123, b"k", b"v", (("ce_id", b"a"), ("raw", b"\xff\x00")))


def headers(origin: Origin = ORIGIN, message: str = "broke") -> list[tuple[str, bytes]]:
    return letter_headers(
        origin, stage="chunk", attempt=2, error=ErrorInfo(code="internal", message=message), trace_id="t1"
    )  # fmt: skip


def test_it_says_where_when_and_why() -> None:
    found = dict(headers())
    assert {name: found[name] for name in found if name.startswith("x-")} == {
        "x-original-topic": b"media.chunks", "x-original-partition": b"3", "x-original-offset": b"42",
        "x-original-timestamp": b"1700000000123", "x-stage": b"chunk", "x-attempt": b"2",
        "x-error-code": b"internal", "x-error-message": b"broke", "x-trace-id": b"t1",
    }  # fmt: skip


def test_original_headers_stay_as_they_were_even_binary_ones() -> None:
    assert headers()[:2] == [("ce_id", b"a"), ("raw", b"\xff\x00")]


def test_a_letter_of_a_letter_names_its_latest_origin_once() -> None:
    again = Origin("dead.letters", 0, 7, 1, b"k", b"v", tuple(headers()))
    found = headers(again)
    assert [value for name, value in found if name == "x-original-topic"] == [b"dead.letters"]
    assert len({name for name, _ in found}) == len(found)


def test_an_error_text_is_one_line_and_not_endless() -> None:
    message = dict(headers(message="a\n" * 5_000))["x-error-message"]
    assert (b"\n" in message, len(message)) == (False, 500)
