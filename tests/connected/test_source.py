"""An upload read by ranges from real MinIO: the right bytes, in little memory, and only as long as it is the same."""

import subprocess
import sys
import uuid
import wave
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from infra import s3
from infra.decode import decode
from infra.local.endpoints import Endpoints
from infra.settings import read
from schemas.errors import NotFound
from schemas.media import DecodeEnd, DecodeRequest, MediaInfo
from tests.commands import ROOT, environment
from tests.connected.site import wav

MEBIBYTE = 1 << 20
NOISE = bytes(range(251)) * 40_000
SPANS = [(0, 1), (0, 44), (1, 250), (251 * 7 + 3, 65_536), (len(NOISE) - 5, 5), (len(NOISE) - 5, 500), (0, len(NOISE))]
REQUEST = DecodeRequest(part_samples=16_000)
DECODING = """
import os, re, sys
from pathlib import Path
from psutil import Process
from infra import s3
from infra.decode import decode
from infra.settings import read
from schemas.media import DecodeRequest

bucket, key, size, etag = sys.argv[1:]
source = s3.S3Source(s3.connect(read(os.environ).store), bucket, key, size=int(size), etag=etag, version_id=None)
most, samples = {}, 0
for piece in decode(source, DecodeRequest(part_samples=480_000)):
    samples += len(piece) // 2 if isinstance(piece, bytes) else 0
    for at, each in enumerate((Process(), *Process().children())):
        told = Path(f"/proc/{each.pid}/status").read_text()
        if found := re.search(r"VmHWM:\\s+(\\d+) kB", told):  # one that has just ended holds nothing any more
            most[at] = max(most.get(at, 0), int(found[1]))
print(samples, *most.values())
"""


@pytest.fixture(scope="module")
def client(services: Endpoints) -> Any:
    return s3.connect(read(services.settings()).store)


@pytest.fixture
def bucket(client: Any) -> Iterator[str]:
    name = f"source-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    yield name


def source_of(client: Any, bucket: str, key: str) -> s3.S3Source:
    facts = s3.S3Store(client).head(bucket, key)
    return s3.S3Source(client, bucket, key, size=facts.size, etag=facts.etag, version_id=facts.version_id)


def test_ranges_give_the_bytes_of_the_file(client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="talks/été 1+1.bin", Body=NOISE)
    source = source_of(client, bucket, "talks/été 1+1.bin")
    for offset, length in SPANS:
        assert source.read(offset, length) == NOISE[offset : offset + length]
    assert [source.read(*span) for span in ((len(NOISE), 1), (len(NOISE) + 9, 9), (5, 0))] == [b""] * 3


def quiet_wav(path: Path, mebibytes: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        for _ in range(mebibytes):
            file.writeframes(bytes(MEBIBYTE))
    return path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_large_upload_takes_no_more_memory_than_a_small_one(
    services: Endpoints, client: Any, bucket: str, tmp_path: Path
) -> None:
    def peaks(mebibytes: int) -> list[int]:
        """MiB of the reader and of its decoder."""
        path = quiet_wav(tmp_path / "quiet.wav", mebibytes)
        client.upload_file(str(path), bucket, path.name)
        facts = s3.S3Store(client).head(bucket, path.name)
        words = [sys.executable, "-c", DECODING, bucket, path.name, str(facts.size), facts.etag]
        done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=environment(**services.settings()))
        assert done.returncode == 0, done.stderr
        samples, *most = map(int, done.stdout.split())
        assert samples == pytest.approx(mebibytes * MEBIBYTE / 4 / 3, abs=16)
        return [kibibytes >> 10 for kibibytes in most]

    small, large = peaks(40), peaks(200)
    assert len(small) == len(large) == 2
    assert max(more - less for less, more in zip(small, large, strict=True)) < 16, (small, large)


def test_an_upload_that_is_overwritten_while_it_is_read_is_said_so(client: Any, bucket: str) -> None:
    client.put_object(Bucket=bucket, Key="talk.wav", Body=wav(bytes(30 * MEBIBYTE)))
    source = source_of(client, bucket, "talk.wav")
    with closing(decode(source, REQUEST)) as pieces:  # type: ignore[type-var]
        assert isinstance(next(pieces), MediaInfo)
        assert len(next(pieces)) == 32_000  # type: ignore[arg-type]
        client.put_object(Bucket=bucket, Key="talk.wav", Body=wav(bytes(31 * MEBIBYTE)))
        with pytest.raises(NotFound, match="no longer the same"):
            list(pieces)
    client.delete_object(Bucket=bucket, Key="talk.wav")
    with pytest.raises(NotFound):
        source.read(0, 1)


def test_a_version_is_read_to_its_end_whatever_comes_after_it(client: Any, bucket: str) -> None:
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=bucket, Key="talk.wav", Body=wav(bytes(6 * MEBIBYTE)))
    with closing(decode(source_of(client, bucket, "talk.wav"), REQUEST)) as pieces:  # type: ignore[type-var]
        next(pieces)
        client.put_object(Bucket=bucket, Key="talk.wav", Body=b"another")
        *_, end = pieces
    assert isinstance(end, DecodeEnd) and end.samples == 3 * MEBIBYTE
