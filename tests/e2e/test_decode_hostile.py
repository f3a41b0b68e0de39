"""Files that are no media, or that want something else than to be decoded: refused by name, and nothing else happens.

Beside each stands what libav does with the same file without protection, so that the refusal is seen to matter. DASH
is not among those: the libav that PyAV ships can't read it.
"""

import random
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import av
import pytest

from infra.decode import decode
from infra.files import FileSource
from schemas.errors import BadInput
from schemas.media import DecodeLimits, DecodeRequest
from tests.media import Audio, chirps, decoded, make
from tests.spoilt import CONCAT, DASH, HLS, SDP, bomb, put

PORT = 45_310


def neighbour(folder: Path) -> Path:
    return make(folder / "other.mp4", Audio(chirps(2, [0.5], rate=44_100), rate=44_100))


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        decoded(path)
    return caught.value.code


NONSENSE = {
    "empty.mp4": b"", "one.mp4": b"x", "zeros.mp4": bytes(5000), "text.mp4": b"hello world\n" * 200,
    "page.mp4": b"<!doctype html><html><body>404</body></html>", "random.mp4": random.Random(1).randbytes(100_000),
    "concat.mp4": CONCAT, "sdp.mp4": SDP.format(PORT), "hls.mp4": HLS.format("other.mp4"),
    "hls.m3u8": HLS.format("other.mp4"),
    "dash.mp4": DASH, "picture.mp4": bomb(64, 64), "subtitles.mp4": b"1\n00:00:00,000 --> 00:00:02,000\nHello\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NONSENSE)
def test_what_is_no_media_is_refused(tmp_path: Path, name: str) -> None:
    neighbour(tmp_path)
    assert refusal(put(tmp_path / name, NONSENSE[name])) == "unsupported_format"


@pytest.mark.parametrize(("name", "content"), [("concat.mp4", CONCAT), ("hls.m3u8", HLS.format("other.mp4"))])
def test_unprotected_a_list_makes_libav_read_the_neighbours_file(tmp_path: Path, name: str, content: str) -> None:
    neighbour(tmp_path)
    with av.open(str(put(tmp_path / name, content))) as container:
        assert next(container.decode(audio=0)).samples > 0


@contextmanager
def loopback() -> Iterator[tuple[str, list[str]]]:
    """An HTTP server on loopback: its address and the paths it was asked for."""
    asked: list[str] = []

    class Refuse(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - the library's signature
            pass

    server = HTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_playlist_makes_unprotected_libav_fetch_and_us_not(tmp_path: Path) -> None:
    with loopback() as (address, asked):
        path = put(tmp_path / "list.m3u8", HLS.format(f"{address}/secret.ts"))
        assert refusal(path) == "unsupported_format" and asked == []
        with path.open("rb") as file, pytest.raises(av.error.FFmpegError):
            av.open(file, timeout=(5, 5))
        assert asked and set(asked) == {"/secret.ts"}


WATCH = """
import sys, threading, time, av
from pathlib import Path
def ports():
    rows = [line.split()[1] for line in Path("/proc/self/net/udp").read_text().splitlines()[1:]]
    return {int(row.split(":")[1], 16) for row in rows}
seen, over = set(), threading.Event()
def watch():
    while not over.wait(0.01):
        seen.update(ports())
thread = threading.Thread(target=watch)
thread.start()
try:
    av.open(open(sys.argv[1], "rb"), timeout=(2, 2))
except Exception:
    pass
over.set()
thread.join()
print(int(sys.argv[2]) in seen)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_session_description_makes_unprotected_libav_open_a_port(tmp_path: Path) -> None:
    path = put(tmp_path / "sdp.mp4", SDP.format(PORT))
    command = [sys.executable, "-c", WATCH, str(path), str(PORT)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, timeout=60)
    assert done.stdout.strip() == b"True"
    assert refusal(path) == "unsupported_format"


def cover(path: Path) -> Path:
    """Sound with a picture that is a bomb."""
    sound = make(path.with_name("sound.mov"), Audio(chirps(2, [0.5], rate=44_100), rate=44_100))
    with av.open(str(sound)) as source, av.open(str(path), "w") as output:
        picture = output.add_stream("png", rate=1)
        picture.width, picture.height, picture.pix_fmt = 7000, 7000, "rgba"
        audio = output.add_stream_from_template(source.streams.audio[0])
        packet = av.Packet(bomb())
        packet.stream, packet.time_base, packet.pts, packet.dts = picture, Fraction(1, 1), 0, 0
        output.mux(packet)
        for piece in source.demux(audio=0):
            if piece.dts is not None:
                piece.stream = audio
                output.mux(piece)
    return path


PEAK = "import av, resource, sys; av.open(sys.argv[1]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)"


def test_a_picture_bomb_beside_the_sound_is_never_decoded(tmp_path: Path) -> None:
    """Unprotected, opening it already takes its 196 MB; the child reads the sound with 100 MB beyond its start."""
    path = cover(tmp_path / "bomb.mov")
    plain = subprocess.run([sys.executable, "-c", PEAK, str(path)], stdout=subprocess.PIPE, check=True, timeout=120)
    assert int(plain.stdout) > 200
    assert abs(decoded(path, limits=DecodeLimits(memory_bytes=300 << 20)).seconds - 2) < 0.1


def test_memory_has_a_limit(tmp_path: Path) -> None:
    limits = DecodeLimits(memory_bytes=1 << 20)
    with closing(FileSource(neighbour(tmp_path))) as source, pytest.raises(Exception, match=r"memory|ended with"):
        list(decode(source, DecodeRequest(limits=limits)))
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY, "the parent is not limited"
