"""Any S3 store (MinIO, RustFS, Ceph, AWS) behind the bench's verbs; ``create`` is a conditional put.

boto3, because minio-py has no public conditional put (DESIGN §4). Every foreign error is translated here: what is
not there is NotFound, everything else that goes wrong is Unavailable, a bucket that is gone among it. A name that no
store can hold is not there: it is never sent, for HTTP clients tidy dot segments away and would ask for something else.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from infra.buckets import WORK_DAYS
from infra.settings import StoreSettings
from schemas.errors import BadSettings, NotFound, Unavailable
from schemas.ids import version_id as seen_version

T = TypeVar("T")
NAMELESS = frozenset({"InvalidArgument", "KeyTooLongError", "XMinioInvalidObjectName", "XMinioInvalidResourceName"})
"""Answers that mean: nothing can stand under that name."""
ABSENT = NAMELESS | {"400", "404", "NoSuchKey", "NotFound", "NoSuchVersion", "405", "MethodNotAllowed"}
"""Or nothing does. HEAD has no body and so only the status."""
STANDS = frozenset({"PreconditionFailed", "412"})
"""Of a conditional put: something stands there; of a conditional read: something else does."""
CONFLICT = STANDS | {"ConditionalRequestConflict", "409"}
"""Or somebody is about to put something there."""


@dataclass(frozen=True)
class ObjectFacts:
    """What HEAD says; user metadata with lower-case names."""

    etag: str
    size: int
    version_id: str | None
    metadata: dict[str, str]


def connect(settings: StoreSettings, *, connections: int = 32) -> Any:
    """A boto3 client; thread-safe.

    Retries are botocore's older ones: the newer ones spend from a purse that only answers of 2xx fill again, and here
    404 and 412 are good answers, so that a store that fails now and then is soon not asked twice any more.
    """
    import boto3
    from botocore.config import Config

    if not settings.access_key or not settings.secret_key:
        raise BadSettings(
            "CHALKSTREAM_STORE__ACCESS_KEY and CHALKSTREAM_STORE__SECRET_KEY are not set",
            "set them, or start services with 'chalkstream services up'",
        )
    return boto3.client(
        "s3", endpoint_url=settings.endpoint, region_name=settings.region,
        aws_access_key_id=settings.access_key.get_secret_value(),
        aws_secret_access_key=settings.secret_key.get_secret_value(),
        verify=str(settings.ca_file) if settings.ca_file else None,
        config=Config(
            s3={"addressing_style": "path"}, max_pool_connections=connections, connect_timeout=5, read_timeout=30,
            retries={"max_attempts": 3, "mode": "legacy"}, request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )  # fmt: skip


def bucket_names(client: Any) -> set[str]:
    """The buckets that our keys may list. Raises Unavailable."""
    return asked(lambda: {each["Name"] for each in client.list_buckets()["Buckets"]}, "")


class S3Store:
    """Implements ``Store``."""

    def __init__(self, client: Any, *, renew_after: timedelta = timedelta(days=WORK_DAYS / 2)) -> None:
        self._client, self._renew_after = client, renew_after

    def get(self, bucket: str, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes from ``offset``, ``length`` of them at most. Raises NotFound."""
        whole = offset == 0 and length is None
        span = {} if whole else {"Range": f"bytes={offset}-{'' if length is None else offset + length - 1}"}
        if length == 0:
            return b""
        found: bytes = asked(lambda: self._read(Bucket=bucket, Key=key, **span), key)
        return found

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        """Put if absent; False when something stands there."""
        kind = _content_type(key)
        return asked(lambda: self._put(bucket, key, data, IfNoneMatch="*", ContentType=kind), key, absent=NAMELESS)

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Put, whatever stands there."""
        asked(lambda: self._put(bucket, key, data, ContentType=_content_type(key)), key, absent=NAMELESS)

    def exists(self, bucket: str, key: str) -> bool:
        """Whether an object stands there."""
        try:
            asked(lambda: self._client.head_object(Bucket=bucket, Key=key), key)
        except NotFound:
            return False
        return True

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """Keys that begin with ``prefix``, sorted."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = asked(lambda: [entry["Key"] for page in pages for entry in page.get("Contents", ())], prefix)
        return iter(found)

    def folders(self, bucket: str) -> list[str]:
        """First segments of the keys in ``bucket``."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/")
        return asked(
            lambda: [each["Prefix"].rstrip("/") for page in pages for each in page.get("CommonPrefixes", ())], bucket
        )

    def delete(self, bucket: str, key: str) -> None:
        """Remove; what is not there is fine."""
        asked(lambda: self._client.delete_object(Bucket=bucket, Key=key), key)

    def renew(self, bucket: str, prefix: str) -> None:
        """Copy onto themselves those that have had half of their time; who copies is as good as who wrote."""
        before = datetime.now(UTC) - self._renew_after
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        found = asked(lambda: [entry for page in pages for entry in page.get("Contents", ())], prefix)
        for key in (entry["Key"] for entry in found if entry["LastModified"] <= before):
            with suppress(NotFound):
                asked(lambda key=key: self._copy(bucket, key), key)  # type: ignore[misc]

    def head(self, bucket: str, key: str, version_id: str | None = None) -> ObjectFacts:
        """What the store knows of an object. Raises NotFound."""
        which = {"VersionId": version_id} if version_id else {}
        found = asked(lambda: self._client.head_object(Bucket=bucket, Key=key, **which), key)
        return ObjectFacts(
            etag=found["ETag"].strip('"'), size=found["ContentLength"],
            version_id=seen_version(found.get("VersionId")),
            metadata={name.lower(): value for name, value in found.get("Metadata", {}).items()},
        )  # fmt: skip

    def _read(self, **which: Any) -> bytes:
        """What is past the end of an object is nothing, as in a file."""
        from botocore.exceptions import ClientError

        try:
            found: bytes = self._client.get_object(**which)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "InvalidRange":
                return b""
            raise
        return found

    def _copy(self, bucket: str, key: str) -> None:
        """Onto itself, which stores take only with the metadata said anew."""
        self._client.copy_object(
            Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, MetadataDirective="REPLACE",
            ContentType=_content_type(key),
        )  # fmt: skip

    def _put(self, bucket: str, key: str, data: bytes, **how: Any) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=data, **how)
        except ClientError as error:
            if error.response["Error"]["Code"] in STANDS:
                return False
            raise
        return True


class S3Source:
    """Implements ``ByteSource``: an upload read by ranges, and only as long as it is the one that was planned for."""

    def __init__(self, client: Any, bucket: str, key: str, *, size: int, etag: str, version_id: str | None) -> None:
        self._client, self.size = client, size
        self._which = {"Bucket": bucket, "Key": key} | (
            {"VersionId": version_id} if version_id else {"IfMatch": f'"{etag}"'}
        )

    def read(self, offset: int, length: int) -> bytes:
        """At most ``length`` bytes from ``offset``. Raises NotFound when the object is gone or another."""
        if offset >= self.size or length <= 0:
            return b""
        span = f"bytes={offset}-{min(self.size, offset + length) - 1}"
        found: bytes = asked(lambda: self._client.get_object(**self._which, Range=span)["Body"].read(), "the upload")
        return found

    def close(self) -> None:
        """Nothing is held between reads."""


def _content_type(key: str) -> str:
    kinds = {"srt": "application/x-subrip; charset=utf-8", "vtt": "text/vtt; charset=utf-8", "json": "application/json"}
    return kinds.get(key.rpartition(".")[2], "application/octet-stream")


def asked(ask: Callable[[], T], key: str, *, absent: Collection[str] = ABSENT | STANDS) -> T:
    """The answer, with foreign errors translated; ``key`` is checked first. ``absent``: codes that mean NotFound."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
    from urllib3.exceptions import HTTPError

    if {".", ".."} & set(key.split("/")) or "\0" in key:
        raise NotFound("no object can have that name")
    try:
        return ask()
    except ParamValidationError:
        raise NotFound("no object can have that name") from None
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in absent:
            raise NotFound(f"nothing is stored under {key!r}, or no longer the same") from None
        raise Unavailable(f"the store answered {code or 'an error'}", "see 'chalkstream doctor'") from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise Unavailable(f"the store can't be reached ({type(error).__name__})", "see 'chalkstream doctor'") from error
