"""Every container that people have: the sample lecture in each of them has the same cues at the same times."""

from pathlib import Path

import av
import pytest

from processors.text.subtitle_files import read
from tests.commands import LECTURE, chalkstream

SECONDS = 12.0
KINDS = {
    "mkv": None, "mov": None, "ts": None, "m4a": None,
    "webm": "libopus", "ogg": "libopus", "mp3": "libmp3lame", "wav": "pcm_s16le", "flac": "flac",
}  # fmt: skip
"""Endings and the codec of the sound; where there is none it is copied with the pictures."""


def cut(path: Path, codec: str | None) -> Path:
    """The lecture's beginning in another container."""
    with av.open(str(LECTURE)) as source, av.open(str(path), "w") as output:
        if codec is None:
            kept = source.streams.audio if path.suffix == ".m4a" else source.streams
            streams = {
                stream.index: output.add_stream_from_template(stream) for stream in kept if stream.type != "data"
            }
            for packet in source.demux(*[source.streams[index] for index in streams]):
                if packet.dts is not None and packet.dts * packet.time_base < SECONDS:
                    packet.stream = streams[packet.stream.index]
                    output.mux(packet)
        else:
            rate = 48_000 if codec == "libopus" else 44_100
            stream = output.add_stream(codec, rate=rate, layout="mono")
            for frame in source.decode(audio=0):
                if frame.time < SECONDS:
                    output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """When cues begin, by ending; all files in one command."""
    folder = tmp_path_factory.mktemp("containers")
    (folder / "in").mkdir()
    files = [cut(folder / "in" / f"{kind}.{kind}", codec) for kind, codec in {"mp4": None, **KINDS}.items()]
    done = chalkstream("run", *files, "--source-language", "en", "--out", folder / "out", "--store", folder / "store")
    assert done.code == 0, done.err
    found = {path: (folder / "out" / f"{path.stem}.en.srt").read_bytes() for path in files}
    return {path.stem: [cue.start for cue in read(srt, "srt")] for path, srt in found.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_cue_begins_when_it_does_in_the_movie(starts: dict[str, list[float]], kind: str) -> None:
    assert abs(starts[kind][0] - starts["mp4"][0]) <= 0.2
    assert len(starts["mp4"]) > 2 and abs(len(starts[kind]) - len(starts["mp4"])) <= 1
