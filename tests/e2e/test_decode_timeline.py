"""Sample n is media time n / 16,000 s, in every container: chirps at known times come out within 5 ms.

Where an encoder's delay is not stored (MPEG-TS, fragments, ADTS, FLV, AVI, MP3 without a Xing header), no player can
take it away either: the chirps come that much later, and the tests say by how much.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from schemas.errors import BadInput
from tests.media import Audio, Decoded, chirps, decoded, make, off

TIMES = (0.5, 3.0, 7.25)
CLOSE = 0.005
AAC_DELAY, MP3_DELAY = 1024 / 44_100, 1105 / 44_100
"""Seconds: one AAC frame; LAME's 576 samples and the decoder's 529."""


@dataclass(frozen=True)
class Case:
    """A container with its codec."""

    name: str
    codec: str = "aac"
    rate: int = 44_100
    late: float = 0.0
    video: float = 0.0
    options: dict[str, str] = field(default_factory=dict)
    form: str | None = None
    video_codec: str = "mpeg4"

    def written(self, folder: Path, track: Audio) -> Decoded:
        """Made, decoded."""
        return decoded(
            make(folder / self.name, track, video=self.video, form=self.form, options=self.options,
                 video_codec=self.video_codec)
        )  # fmt: skip


FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
CASES = [
    Case("a.mp4", video=10),
    Case("audio.m4a"),
    Case("faststart.mp4", video=10, options={"movflags": "faststart"}),
    Case("fragments.mp4", video=10, options=FRAGMENTS, late=AAC_DELAY),
    Case("pcm.mov", codec="pcm_s16be"),
    Case("opus.mkv", codec="libopus", rate=48_000, video=10),
    Case("aac.mkv", video=10),
    Case("a.webm", codec="libopus", rate=48_000, video=10, video_codec="libvpx"),
    Case("browser.webm", codec="libopus", rate=48_000, options={"live": "1"}),
    Case("a.ts", video=10, late=AAC_DELAY),
    Case("a.mp3", codec="libmp3lame"),
    Case("bare.mp3", codec="libmp3lame", options={"write_xing": "0"}, late=MP3_DELAY),
    Case("a.ogg", codec="libopus", rate=48_000),
    Case("a.flac", codec="flac"),
    Case("a.wav", codec="pcm_s16le"),
    Case("a.avi", codec="libmp3lame", video=10, late=MP3_DELAY),
    Case("a.flv", video=10, video_codec="flv", late=AAC_DELAY),
    Case("a.aac", form="adts", late=AAC_DELAY),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sound_stands_where_it_was_put(tmp_path: Path, case: Case) -> None:
    found = case.written(tmp_path, Audio(chirps(10, TIMES, rate=case.rate), codec=case.codec, rate=case.rate))
    assert off(found, [time + case.late for time in TIMES]) < CLOSE
    assert abs(found.seconds - 10 - case.late) < 0.05
    assert found.end.lost == () and found.end.warnings == ()


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts", "audio-only.m4a"])
def test_late_audio_is_preceded_by_silence(tmp_path: Path, name: str) -> None:
    track = Audio(chirps(8, [0.5, 3.0], rate=44_100), rate=44_100, times=lambda time: time + 2)
    found = decoded(make(tmp_path / name, track, video=0 if "only" in name else 10))
    assert off(found, [2.5, 5.0]) < CLOSE
    assert found.loudest(0.0, 1.9) == 0.0


def test_an_edit_list_takes_the_beginning_away(tmp_path: Path) -> None:
    track = Audio(chirps(10, TIMES, rate=44_100), rate=44_100, times=lambda time: time - 1)
    assert off(decoded(make(tmp_path / "edit.mp4", track)), [2.0, 6.25]) < CLOSE


@pytest.mark.parametrize(("name", "late"), [("gap.mp4", 0.0), ("gap.mkv", 0.0), ("gap.ts", AAC_DELAY)])
def test_a_gap_is_filled_with_silence(tmp_path: Path, name: str, late: float) -> None:
    track = Audio(chirps(10, TIMES, rate=44_100), rate=44_100, times=lambda time: time if time < 5 else time + 3)
    found = decoded(make(tmp_path / name, track))
    assert off(found, [0.5 + late, 3.0 + late, 10.25 + late]) < CLOSE
    assert found.loudest(5.1, 7.9) == 0.0
    assert found.end.lost == () and "3.0 s of silence" in found.end.warnings[0]


def test_lost_packets_leave_a_gap_and_nothing_moves(tmp_path: Path) -> None:
    track = Audio(chirps(10, TIMES, rate=44_100), rate=44_100, times=lambda time: None if 4 < time < 6 else time)
    assert off(decoded(make(tmp_path / "holes.mkv", track)), TIMES) < CLOSE


def test_an_overlap_is_trimmed(tmp_path: Path) -> None:
    track = Audio(chirps(10, TIMES, rate=44_100), rate=44_100, times=lambda time: time if time < 5 else time - 0.5)
    found = decoded(make(tmp_path / "overlap.mkv", track))
    assert off(found, [0.5, 3.0, 6.75]) < CLOSE and abs(found.seconds - 9.5) < 0.05


def test_a_clock_that_is_set_back_goes_on(tmp_path: Path) -> None:
    """Two recordings in one file, as cameras write them."""
    track = Audio(chirps(10, TIMES, rate=44_100), rate=44_100)
    once = make(tmp_path / "once.ts", track).read_bytes()
    (tmp_path / "twice.ts").write_bytes(once + once)
    found = decoded(tmp_path / "twice.ts")
    assert off(found, [time + AAC_DELAY for time in TIMES]) < CLOSE
    assert abs(found.seconds - 20) < 0.2 and "set anew" in found.end.warnings[0]


def test_jittered_timestamps_insert_and_drop_nothing(tmp_path: Path) -> None:
    """Within 10 ms of the truth, as browsers stamp; the samples are those of the file without jitter."""
    sound = chirps(10, TIMES, rate=48_000)
    straight = Audio(sound, codec="libopus", rate=48_000)
    early_late = Audio(
        sound, codec="libopus", rate=48_000,
        times=lambda time: time + (round(time * 50) * 7919 % 21 - 10) / 1000 if time > 0.1 else time,
    )  # fmt: skip
    one, other = (decoded(make(tmp_path / f"{n}.mkv", track)) for n, track in enumerate([straight, early_late]))
    assert np.array_equal(one.sound, other.sound)


def test_fragments_of_a_broadcast_begin_at_their_first_time(tmp_path: Path) -> None:
    track = Audio(chirps(10, TIMES, rate=44_100), rate=44_100, times=lambda time: time + 3600)
    found = decoded(make(tmp_path / "live.mp4", track, options={"movflags": "frag_every_frame+empty_moov"}))
    assert off(found, [time + AAC_DELAY for time in TIMES]) < CLOSE


def test_a_jump_beyond_the_cap_is_too_long_at_once(tmp_path: Path) -> None:
    track = Audio(chirps(6, [0.5], rate=44_100), rate=44_100, times=lambda time: time if time < 3 else time + 50_000)
    with pytest.raises(BadInput) as caught:
        decoded(make(tmp_path / "jump.mkv", track))
    assert caught.value.code == "too_long"


@pytest.mark.parametrize("name", ["anti.wav", "anti.mp4"])
def test_antiphase_does_not_cancel(tmp_path: Path, name: str) -> None:
    sound = chirps(10, TIMES, rate=44_100)
    codec = "pcm_s16le" if name.endswith("wav") else "aac"
    found = decoded(make(tmp_path / name, Audio(np.concatenate([sound, -sound]), codec=codec, rate=44_100)))
    assert off(found, TIMES) < CLOSE and found.loudest(0, 10) > 0.5


def test_surround_is_mixed(tmp_path: Path) -> None:
    sound = np.tile(chirps(10, TIMES, rate=48_000), (6, 1))
    assert off(decoded(make(tmp_path / "surround.mp4", Audio(sound, codec="ac3", rate=48_000))), TIMES) < CLOSE


def test_parts_lie_on_the_grid_and_come_out_the_same_again(tmp_path: Path) -> None:
    media = make(tmp_path / "a.mp4", Audio(chirps(10, TIMES, rate=44_100, channels=2), rate=44_100))
    found = decoded(media, part_samples=16_001)
    assert {len(part) for part in found.parts[:-1]} == {2 * 16_001} and 0 < len(found.parts[-1]) <= 2 * 16_001
    assert b"".join(found.parts) == b"".join(decoded(media).parts)
