"""A folder as an object store: the same verbs as S3, for one machine. Implements the bench's ``Store``.

A key is a path below ``<root>/<bucket>``, each segment escaped, so that no key reaches outside it. An object appears
whole or not at all: written beside, flushed to disk, then linked (create) or renamed (put) into place.
"""

import errno
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote

from schemas.errors import BadInput, NotFound, Unavailable

T = TypeVar("T")
SAFE = " !#$&'()+,-;=@[]^_`{}~"
LONGEST_SEGMENT = 240
"""Bytes; common file systems allow 255 and the temporary name needs some."""


class FolderStore:
    """Objects are files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._spool = root / ".spool"
        _guarded(lambda: self._spool.mkdir(parents=True, exist_ok=True))

    def get(self, bucket: str, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes from ``offset``, ``length`` of them at most. Raises NotFound."""
        return _guarded(lambda: _read(self._path(bucket, key), offset, length), key)

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        """Put if absent; False when something stands there."""
        return _guarded(lambda: self._write(bucket, key, data, replace=False))

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Put, whatever stands there."""
        _guarded(lambda: self._write(bucket, key, data, replace=True))

    def exists(self, bucket: str, key: str) -> bool:
        """Whether an object stands there."""
        return self._path(bucket, key).is_file()

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """Keys that begin with ``prefix``, sorted."""
        base = self._root / _escape(bucket)
        folder = self._path(bucket, prefix.rpartition("/")[0]) if "/" in prefix else base
        keys = ("/".join(map(_unescape, path.relative_to(base).parts)) for path in folder.rglob("*") if path.is_file())
        return iter(sorted(key for key in keys if key.startswith(prefix)))

    def delete(self, bucket: str, key: str) -> None:
        """Remove; what is not there is fine."""
        _guarded(lambda: self._path(bucket, key).unlink(missing_ok=True))

    def renew(self, bucket: str, prefix: str) -> None:
        """Nothing goes by age here."""

    def path(self, bucket: str, key: str) -> Path:
        """The file behind an object, for people who look."""
        return self._path(bucket, key)

    def _path(self, bucket: str, key: str) -> Path:
        return self._root.joinpath(_escape(bucket), *map(_escape, key.split("/")))

    def _write(self, bucket: str, key: str, data: bytes, *, replace: bool) -> bool:
        path = self._path(bucket, key)
        if not replace and path.exists():
            return False
        beside = self._spool / uuid.uuid4().hex
        try:
            with beside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            return _place(beside, path, replace=replace)
        finally:
            beside.unlink(missing_ok=True)


def _place(beside: Path, path: Path, *, replace: bool) -> bool:
    if replace:
        beside.replace(path)
        return True
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return False
    return True


def _read(path: Path, offset: int, length: int | None) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(-1 if length is None else length)


def _escape(segment: str) -> str:
    """One path segment: ``.``/``..``/empty and anything unusual are percent-encoded."""
    if segment in ("", ".", ".."):
        return "".join(f"%{byte:02X}" for byte in segment.encode()) or "%"
    escaped = quote(segment, safe=SAFE, errors="surrogateescape")
    if len(escaped) > LONGEST_SEGMENT:
        raise BadInput("invalid_request", "a part of the name is longer than this store can hold", "use a shorter name")
    return escaped


def _unescape(segment: str) -> str:
    return "" if segment == "%" else unquote(segment, errors="surrogateescape")


def _guarded(act: Callable[[], T], key: str = "") -> T:
    try:
        return act()
    except FileNotFoundError:
        raise NotFound(f"nothing is stored under {key!r}") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise Unavailable(
                "the disk of the store is full", "free some space and run the same command again"
            ) from error
        raise Unavailable(f"the store can't be used: {error.strerror}", "check the folder given by --store") from error
