"""Cut and damaged files: what is there is decoded, what is not is named, and nothing is named that is not lost."""

import wave
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from schemas.errors import BadInput
from tests.media import Audio, chirps, decoded, make, off
from tests.spoilt import ENCRYPTED, LENGTH, TIMES, claiming, halved, media, scarred


@dataclass(frozen=True)
class Unprotected:
    """What bare libav makes of a file: seconds of sound decoded, seconds the file claims."""

    seconds: float
    claimed: float


def unprotected(path: Path) -> Unprotected:
    """As a script has it: faster-whisper's own decoder, in this process."""
    from faster_whisper.audio import decode_audio

    with av.open(str(path)) as container:
        claimed = (container.duration or 0) / av.time_base
    return Unprotected(len(decode_audio(str(path))) / 16_000, claimed)


@pytest.mark.parametrize("name", ["half.mp4", "half.mkv", "half.webm", "half.mp3", "half.flac", "half.wav", "half.flv"])
def test_half_a_file_names_the_half_that_is_missing(tmp_path: Path, name: str) -> None:
    found = decoded(halved(media(tmp_path / name, **({"movflags": "faststart"} if name.endswith("mp4") else {}))))
    assert 0.3 * LENGTH < found.seconds < 0.6 * LENGTH
    (lost,) = found.end.lost
    assert lost.reason == "truncated" and abs(lost.start - found.seconds) < 0.01 and abs(lost.end - LENGTH) < 0.1


def test_unprotected_half_a_movie_ends_without_a_word(tmp_path: Path) -> None:
    found = unprotected(halved(media(tmp_path / "half.mp4", movflags="faststart")))
    assert 0.3 * LENGTH < found.seconds < 0.6 * LENGTH and abs(found.claimed - LENGTH) < 0.1


@pytest.mark.parametrize("name", ["whole.mp4", "whole.mkv", "whole.ts", "whole.flv"])
def test_pictures_that_go_on_longer_are_no_truncation(tmp_path: Path, name: str) -> None:
    assert decoded(media(tmp_path / name, video=LENGTH + 10)).end.lost == ()


def test_the_missing_half_is_the_tracks_not_the_pictures(tmp_path: Path) -> None:
    path = tmp_path / "half.mp4"
    (lost,) = decoded(halved(media(path, video=LENGTH + 20, movflags="faststart"))).end.lost
    assert abs(lost.end - LENGTH) < 0.1


def test_a_browsers_file_without_duration_is_no_truncation(tmp_path: Path) -> None:
    found = decoded(halved(media(tmp_path / "live.webm", live="1")))
    assert found.info.duration is None and found.end.lost == ()


def test_an_ogg_without_its_last_page_is_said(tmp_path: Path) -> None:
    whole = media(tmp_path / "a.ogg")
    assert decoded(whole).end.warnings == ()
    assert "mark of its end" in decoded(halved(whole)).end.warnings[0]


@pytest.mark.parametrize("name", ["half.mp4", "half.mov"])
def test_a_movie_without_its_index_is_truncated(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput) as caught:
        decoded(halved(media(tmp_path / name)))
    assert caught.value.code == "truncated" and "index" in caught.value.message


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.ts", "a.ogg", "a.flac"])
def test_damage_is_named_and_what_follows_stays_in_place(tmp_path: Path, name: str) -> None:
    found = decoded(scarred(media(tmp_path / name)))
    assert {lost.reason for lost in found.end.lost} == {"damaged"}
    first, last = found.end.lost[0].start, found.end.lost[-1].end
    assert 0.4 * LENGTH < first < last < 0.9 * LENGTH and last - first < 0.25 * LENGTH
    late = 1024 / 44_100 if name.endswith("ts") else 0.0
    clear = [time for time in TIMES if time + 0.3 < first or time > last + 0.5]
    assert len(clear) > 0.6 * LENGTH and off(found, [time + late for time in clear]) < 0.005


@pytest.mark.parametrize("claim", [b"\xf0\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x00\xf0\xff\x7f"])
def test_a_wave_file_is_judged_by_its_own_size(tmp_path: Path, claim: bytes) -> None:
    found = decoded(claiming(media(tmp_path / "a.wav"), claim))
    assert abs(found.seconds - LENGTH) < 0.01 and found.end.lost == () and off(found, TIMES) < 0.005


def test_unprotected_a_wave_file_is_believed_to_last_hours(tmp_path: Path) -> None:
    path = claiming(media(tmp_path / "a.wav"), b"\xf0\xff\xff\xff")
    with wave.open(str(path)) as file:
        assert file.getnframes() / file.getframerate() > 3600


def test_unprotected_an_encrypted_track_is_empty_without_a_word(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", Audio(chirps(5, [1], rate=44_100), rate=44_100), options=ENCRYPTED)
    assert unprotected(path) == Unprotected(seconds=0.0, claimed=5.0)


def test_an_encrypted_track(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", Audio(chirps(5, [1], rate=44_100), rate=44_100), options=ENCRYPTED)
    with pytest.raises(BadInput) as caught:
        decoded(path)
    assert caught.value.code == "encrypted"


def test_pictures_only(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        decoded(make(tmp_path / "a.mp4", video=2))
    assert caught.value.code == "no_audio_stream"


def test_larger_and_longer_than_allowed(tmp_path: Path) -> None:
    path = media(tmp_path / "a.mp3")
    for limits, code in [({"max_bytes": 1000}, "too_large"), ({"max_seconds": 5}, "too_long")]:
        with pytest.raises(BadInput) as caught:
            decoded(path, limits=limits)
        assert caught.value.code == code


def test_a_cap_that_is_just_enough_is_enough(tmp_path: Path) -> None:
    path = media(tmp_path / "a.wav")
    assert decoded(path, limits={"max_seconds": LENGTH}).seconds == LENGTH
