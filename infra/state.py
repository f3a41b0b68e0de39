"""What the gateway keeps (bucket ``state``): small objects, each changed only by who knows what it replaces.

A tag names the bytes that stand there. ``create`` and ``replace`` are conditional puts: of two gateways that change the
same object one wins, and the other is told so and looks again. On one machine a folder and a lock do the same.
"""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from infra.folder import FolderStore
from infra.s3 import CONFLICT, S3Store, asked
from schemas.errors import NotFound

STATE: Final = "state"


class Kept(NamedTuple):
    """An object and its tag."""

    data: bytes
    tag: str


class State(Protocol):
    """Thread-safe. Keys are ours, never a client's."""

    def get(self, key: str) -> Kept | None: ...
    def create(self, key: str, data: bytes) -> str | None:
        """The tag; None when something stands there."""
        ...

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        """The new tag; None when what stands there is not ``tag``."""
        ...

    def remove(self, key: str) -> None: ...
    def names(self, prefix: str) -> Iterator[str]: ...


class S3State:
    """Implements ``State`` in the bucket."""

    def __init__(self, client: Any) -> None:
        self._client, self._store = client, S3Store(client)

    def get(self, key: str) -> Kept | None:
        """The object, if there is one."""
        try:
            answer = asked(lambda: self._client.get_object(Bucket=STATE, Key=key), key)
        except NotFound:
            return None
        return Kept(asked(answer["Body"].read, key), answer["ETag"].strip('"'))

    def create(self, key: str, data: bytes) -> str | None:
        """Put if absent."""
        return self._put(key, data, IfNoneMatch="*")

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        """Put if ``tag`` stands there."""
        return self._put(key, data, IfMatch=f'"{tag}"')

    def remove(self, key: str) -> None:
        """What is not there is fine."""
        self._store.delete(STATE, key)

    def names(self, prefix: str) -> Iterator[str]:
        """Keys that begin so, sorted."""
        return self._store.names(STATE, prefix)

    def _put(self, key: str, data: bytes, **condition: str) -> str | None:
        from botocore.exceptions import ClientError

        def put() -> str | None:
            try:
                answer = self._client.put_object(Bucket=STATE, Key=key, Body=data, **condition)
            except ClientError as error:
                if error.response["Error"]["Code"] in CONFLICT | {"NoSuchKey", "404"}:
                    return None
                raise
            return str(answer["ETag"]).strip('"')

        return asked(put, key)


@dataclass
class FolderState:
    """Implements ``State`` below the state folder, for the one process that has it."""

    store: FolderStore
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: str) -> Kept | None:
        """The object, if there is one."""
        try:
            data = self.store.get(STATE, key)
        except NotFound:
            return None
        return Kept(data, _tag(data))

    def create(self, key: str, data: bytes) -> str | None:
        """Put if absent."""
        return _tag(data) if self.store.create(STATE, key, data) else None

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        """Put if ``tag`` stands there."""
        with self._lock:
            there = self.get(key)
            if there is None or there.tag != tag:
                return None
            self.store.put(STATE, key, data)
        return _tag(data)

    def remove(self, key: str) -> None:
        """What is not there is fine."""
        self.store.delete(STATE, key)

    def names(self, prefix: str) -> Iterator[str]:
        """Keys that begin so, sorted."""
        return self.store.names(STATE, prefix)


def _tag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
