"""An upload in pieces: bytes reach their place while they arrive; there is no object before all of them are there.

Pieces are numbered upwards from 1, with holes where one likes; only those named at the end count. A store keeps them
as the parts of a multipart upload; a folder writes each at its offset into one file.
"""

import contextlib
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from infra import files
from infra.s3 import asked
from infra.uploads import stored
from schemas.errors import NotFound, Unavailable
from schemas.events import StoredObject

PIECE: Final = 8 << 20
"""Bytes of a piece, if a file is not so large that there would be too many; stores want 5 MiB at least."""
LEAST: Final = 5 << 20
MOST_PIECES: Final = 9_000
"""Of the 10,000 that a store takes; numbers may be left out."""


class Piece(NamedTuple):
    """One that stands."""

    number: int
    tag: str
    size: int


class Pieces(Protocol):
    """Called on worker threads. Raises NotFound for an upload that is no more, and Unavailable."""

    @property
    def bucket(self) -> str: ...
    def whole(self, key: str, data: bytes | bytearray, metadata: Mapping[str, str]) -> StoredObject:
        """All of a small file at once."""
        ...

    def begin(self, key: str, metadata: Mapping[str, str]) -> str:
        """The name of a new upload."""
        ...

    def put(self, key: str, upload: str, number: int, offset: int, data: bytes | bytearray) -> Piece: ...
    def end(self, key: str, upload: str, pieces: Sequence[Piece], metadata: Mapping[str, str]) -> StoredObject: ...
    def drop(self, key: str, upload: str) -> None:
        """Forget an upload; one that is no more is fine."""
        ...

    def standing(self, key: str, metadata: Mapping[str, str]) -> StoredObject:
        """What was ended under the key. Raises NotFound."""
        ...


def piece_size(size: int | None) -> int:
    """Bytes of a piece of a file of ``size`` bytes; of one whose size is not known, that of 64 GiB."""
    return max(PIECE, -(-(size if size is not None else 64 << 30) // MOST_PIECES))


class S3Pieces:
    """Implements ``Pieces``."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self.bucket = client, bucket

    def whole(self, key: str, data: bytes | bytearray, metadata: Mapping[str, str]) -> StoredObject:
        """One PUT."""
        told = dict(metadata)
        put = self._client.put_object
        answer = asked(lambda: put(Bucket=self.bucket, Key=key, Body=data, Metadata=told), key)
        return self._stored(key, len(data), answer, metadata)

    def begin(self, key: str, metadata: Mapping[str, str]) -> str:
        """Metadata is the upload's from the beginning."""
        make = self._client.create_multipart_upload
        return str(asked(lambda: make(Bucket=self.bucket, Key=key, Metadata=dict(metadata)), key)["UploadId"])

    def put(self, key: str, upload: str, number: int, offset: int, data: bytes | bytearray) -> Piece:
        """One part."""
        put = self._client.upload_part
        answer = asked(
            lambda: put(Bucket=self.bucket, Key=key, UploadId=upload, PartNumber=number, Body=data), key
        )  # fmt: skip
        return Piece(number, str(answer["ETag"]), len(data))

    def end(self, key: str, upload: str, pieces: Sequence[Piece], metadata: Mapping[str, str]) -> StoredObject:
        """The object stands, and the store tells of it."""
        parts = [{"PartNumber": piece.number, "ETag": piece.tag} for piece in pieces]
        end = self._client.complete_multipart_upload
        answer = asked(
            lambda: end(Bucket=self.bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}), key
        )  # fmt: skip
        return self._stored(key, sum(piece.size for piece in pieces), answer, metadata)

    def drop(self, key: str, upload: str) -> None:
        """Abort."""
        from botocore.exceptions import ClientError

        def abort() -> None:
            try:
                self._client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload)
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchUpload":
                    raise

        asked(abort, key)

    def standing(self, key: str, metadata: Mapping[str, str]) -> StoredObject:
        """By HEAD."""
        answer = asked(lambda: self._client.head_object(Bucket=self.bucket, Key=key), key)
        return self._stored(key, int(answer["ContentLength"]), answer, metadata)

    def _stored(self, key: str, size: int, answer: Mapping[str, Any], metadata: Mapping[str, str]) -> StoredObject:
        return stored(self.bucket, key, size, answer, metadata)


@dataclass(frozen=True)
class FolderPieces:
    """Implements ``Pieces`` below ``root``; what is ended is a file of its own, named by the key."""

    root: Path
    bucket: str = files.BUCKET

    def whole(self, key: str, data: bytes | bytearray, metadata: Mapping[str, str]) -> StoredObject:
        """Written beside, then moved."""
        upload = self.begin(key, metadata)
        return self.end(key, upload, [self.put(key, upload, 1, 0, data)], metadata)

    def begin(self, key: str, metadata: Mapping[str, str]) -> str:
        """An empty file."""
        upload = uuid.uuid4().hex
        self._incoming(upload).parent.mkdir(parents=True, exist_ok=True)
        self._incoming(upload).touch()
        return upload

    def put(self, key: str, upload: str, number: int, offset: int, data: bytes | bytearray) -> Piece:
        """At its place."""
        try:
            with self._incoming(upload).open("r+b") as file:
                file.seek(offset)
                file.write(data)
        except FileNotFoundError:
            raise NotFound("the upload is no more") from None
        except OSError as error:
            raise Unavailable(f"the upload can't be written: {error.strerror}", "free some disk space") from error
        return Piece(number, "", len(data))

    def end(self, key: str, upload: str, pieces: Sequence[Piece], metadata: Mapping[str, str]) -> StoredObject:
        """Cut to what counts, durable, and moved to its place."""
        path, incoming = self.path(key), self._incoming(upload)
        try:
            with incoming.open("r+b") as file:
                file.truncate(sum(piece.size for piece in pieces))
                os.fsync(file.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            incoming.replace(path)
        except FileNotFoundError:
            raise NotFound("the upload is no more") from None
        return self.standing(key, metadata)

    def standing(self, key: str, metadata: Mapping[str, str]) -> StoredObject:
        """The file."""
        found = files.identify(self.path(key))
        return StoredObject(**found.model_dump(exclude={"version_id"}), metadata=dict(metadata))

    def drop(self, key: str, upload: str) -> None:
        """Remove."""
        self._incoming(upload).unlink(missing_ok=True)

    def path(self, key: str) -> Path:
        """Of an upload that has ended; keys are ours and plain."""
        return self.root / "uploads" / key

    def remove(self, path: Path) -> None:
        """Take away an upload that came this way; other people's files stay."""
        if path.is_relative_to(self.root / "uploads"):
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()

    def _incoming(self, upload: str) -> Path:
        return self.root / "incoming" / upload
