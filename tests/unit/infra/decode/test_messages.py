"""A child that lies, chatters or dies is an error of ours, never believed and never waited for."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest

from infra.decode import framing
from infra.decode.messages import Messages
from infra.decode.serve import Child
from schemas.errors import BadInput, Broken, Cancelled, ChalkstreamError, NotFound, Unavailable
from schemas.media import DecodeLimits


@dataclass
class Said:
    """Stands for a child that said this and then ended so."""

    data: bytes
    status: int = 0
    failure: Exception | None = None
    reading_since: float | None = None
    served_at: float = 0.0
    open_end: bool = False

    def __enter__(self) -> "Said":
        self.messages, self._end = os.pipe()
        os.write(self._end, self.data)
        if not self.open_end:
            os.close(self._end)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.messages)
        if self.open_end:
            os.close(self._end)

    def wait(self) -> int:
        return self.status


def heard(said: Said, *kinds: str, stall: float = 30.0, cancelled: Callable[[], bool] = lambda: False) -> Any:
    with said:
        limits = DecodeLimits(stall_seconds=stall)
        return Messages(cast(Child, said), limits, cancelled).take(*kinds)


def error(said: Said, **how: Any) -> ChalkstreamError:
    with pytest.raises(ChalkstreamError) as caught:
        heard(said, "pcm", "end", **how)
    return caught.value


def test_a_message_of_the_right_kind_is_taken() -> None:
    assert heard(Said(framing.pack({"kind": "pcm"}, b"ab")), "pcm") == ({"kind": "pcm"}, b"ab")


@pytest.mark.parametrize(
    "data",
    [b"\xff" * 100, framing.HEAD.pack(10, 3), framing.HEAD.pack(4, 0) + b"nope", framing.pack({"kind": "info"}),
     framing.pack({"kind": "error"}), framing.pack({"kind": "error", "code": ["x"], "message": 1})],
)  # fmt: skip
def test_nonsense_is_a_broken_child(data: bytes) -> None:
    found = error(Said(data))
    assert isinstance(found, Broken) and found.code in ("crashed", "internal")


@pytest.mark.parametrize("code", ["unsupported_format", "truncated", "encrypted", "no_audio_stream", "too_long"])
def test_a_refusal_is_bad_input_with_what_to_do(code: str) -> None:
    found = error(Said(framing.pack({"kind": "error", "code": code, "message": "why"})))
    assert isinstance(found, BadInput) and found.code == code and found.remedy


def test_a_child_may_not_invent_codes() -> None:
    assert (
        error(Said(framing.pack({"kind": "error", "code": "licence_refused", "message": "x" * 9000}))).code
        == "internal"
    )


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (Said(b"", status=-11), Broken, "crashed"),
        (Said(b"", status=-24), Broken, "timeout"),
        (Said(b"", status=1, failure=OSError(5, "Input/output error")), Unavailable, "unavailable"),
        (Said(b"", status=1, failure=NotFound("gone", "find it")), NotFound, "not_found"),
        (Said(framing.HEAD.pack(10, 0) + b"cut", status=0), Broken, "crashed"),
    ],
)
def test_how_it_ended_says_what_it_was(said: Said, kind: type[ChalkstreamError], code: str) -> None:
    found = error(said)
    assert isinstance(found, kind) and found.code == code


def test_time_counts_only_while_it_waits_for_nobody() -> None:
    assert error(Said(b"", open_end=True), stall=0.0).code == "timeout"
    waiting = Said(b"", open_end=True, reading_since=time.monotonic() - 1)
    assert isinstance(error(waiting, stall=0.1), Unavailable)


def test_a_wish_to_stop_is_heard_at_once() -> None:
    assert isinstance(error(Said(b"", open_end=True), cancelled=lambda: True), Cancelled)
