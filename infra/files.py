"""A local file as an upload: bytes by range, and an identity that needs no full read of it."""

import hashlib
import os
from pathlib import Path

from schemas.errors import BadInput, NotFound, Unavailable
from schemas.plan import Source

EDGE = 1 << 20
BUCKET = "files"


class FileSource:
    """Implements ``ByteSource``; reads don't share a position, so threads may mix."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise NotFound("the media file is gone", "put it back and run the same command again") from None
        except OSError as error:
            raise Unavailable(f"the media file can't be read: {error.strerror}", "check its permissions") from error
        self.size = os.fstat(self._file.fileno()).st_size

    def read(self, offset: int, length: int) -> bytes:
        """At most ``length`` bytes from ``offset``."""
        return os.pread(self._file.fileno(), length, offset)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def identify(path: Path) -> Source:
    """Path, size, mtime and a hash of the first and last MiB. Raises BadInput("not_found" | "invalid_request")."""
    path = path.expanduser().absolute()
    if not path.exists():
        raise NotFound(f"there is no file {path.name!r}", "check the path")
    if not path.is_file():
        raise BadInput("invalid_request", f"{path.name!r} is no file", "name a media file")
    if not os.access(path, os.R_OK):
        raise BadInput("invalid_request", f"{path.name!r} can't be read", "check its permissions")
    return Source(bucket=BUCKET, key=str(path), etag=_fingerprint(path), size=path.stat().st_size)


def _fingerprint(path: Path) -> str:
    facts = path.stat()
    digest = hashlib.sha256(f"{facts.st_size}:{facts.st_mtime_ns}:".encode())
    with path.open("rb") as file:
        digest.update(file.read(EDGE))
        file.seek(max(0, facts.st_size - EDGE))
        digest.update(file.read(EDGE))
    return digest.hexdigest()


def check_unchanged(source: Source) -> None:
    """Raise when the file is no longer the one that was planned for."""
    if identify(Path(source.key)) != source:
        raise BadInput("conflict", "the media file changed while the job was waiting", "run the command again")
