"""Which of several tracks is heard, found out in bounded time. The speech is the sample lecture's own."""

import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from schemas.errors import BadInput
from tests.media import Audio, Sound, decoded, make, music, noise, silence, speech, tone

SECONDS = 30


@pytest.mark.parametrize("other", [silence, tone, noise, music], ids=["silence", "hum", "noise", "music"])
def test_a_default_track_without_speech_gives_way_and_is_named(tmp_path: Path, other: Callable[[float], Sound]) -> None:
    media = make(
        tmp_path / "two.mkv",
        Audio(other(SECONDS), default=True, language="eng"),
        Audio(speech(SECONDS), language="fre"),
    )
    found = decoded(media)
    assert (found.info.chosen, found.info.skipped) == (1, (0,))
    assert "0 (eng)" in found.info.warnings[0] and "1 (fre)" in found.info.warnings[0]
    assert found.loudest(0, SECONDS) > 0.1


def test_a_default_track_with_speech_is_kept(tmp_path: Path) -> None:
    media = make(tmp_path / "two.mkv", Audio(speech(SECONDS)), Audio(speech(SECONDS), default=True))
    found = decoded(media)
    assert (found.info.chosen, found.info.warnings) == (1, ())


@pytest.mark.parametrize(("language", "chosen"), [("fr", 1), ("de", 2), (None, 0)])
def test_a_language_finds_its_track(tmp_path: Path, language: str | None, chosen: int) -> None:
    tracks = [Audio(speech(SECONDS), language=tag) for tag in ("eng", "fre", "ger")]
    assert decoded(make(tmp_path / "three.mp4", *tracks), language=language).info.chosen == chosen


def test_a_track_asked_for_by_number_is_heard_though_silent(tmp_path: Path) -> None:
    media = make(tmp_path / "two.mkv", Audio(silence(SECONDS)), Audio(speech(SECONDS)))
    found = decoded(media, track=0)
    assert found.info.chosen == 0 and found.loudest(0, SECONDS) == 0.0
    with pytest.raises(BadInput) as caught:
        decoded(media, track=9)
    assert caught.value.code == "invalid_request"


def test_thirty_tracks_are_searched_in_bounded_time(tmp_path: Path) -> None:
    """29 of them silent, the 18th holds the speech."""
    tracks = [Audio(speech(SECONDS) if index == 17 else silence(SECONDS), codec="flac") for index in range(30)]
    media = make(tmp_path / "thirty.mkv", *tracks)
    began = time.monotonic()
    found = decoded(media)
    assert found.info.chosen == 17 and len(found.info.skipped) == 29
    assert time.monotonic() - began < 30
    assert _first_track(media) == 0.0, "what a script takes, the first track, is silent"


def _first_track(media: Path) -> float:
    """The loudest sample of the track that bare libav gives when it isn't told which."""
    with av.open(str(media)) as container:
        return max(float(np.abs(frame.to_ndarray()).max()) for frame in container.decode(audio=0))
