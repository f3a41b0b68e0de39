"""Uploads as the store sees them: a file put there the way any S3 client would; and a list of all that is there."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from infra.s3 import asked
from schemas.errors import BadInput, NotFound
from schemas.events import StoredObject
from schemas.ids import version_id

PART: Final = 16 << 20
"""Bytes of a part, and of memory; what is no larger goes in one piece."""
MOST_PARTS: Final = 10_000
Sent = Callable[[int], None]
"""Told how many bytes have gone since the last call."""


def put_file(
    client: Any, path: Path, bucket: str, key: str, *, metadata: Mapping[str, str], sent: Sent
) -> StoredObject:
    """Upload ``path``; what the store answered. Raises NotFound, BadInput("too_large") and Unavailable."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise NotFound(f"{path.name!r} can't be read: {error.strerror}", "check the path") from None
    with file:
        size = path.stat().st_size
        which = {"Bucket": bucket, "Key": key}
        put = _whole if size <= PART else _by_parts
        answer = asked(lambda: put(client, file, size, which, dict(metadata), sent), key)
    return stored(bucket, key, size, answer, metadata)


def stored(bucket: str, key: str, size: int, answer: Mapping[str, Any], metadata: Mapping[str, str]) -> StoredObject:
    """An object by the store's answer to the call that wrote it, or to HEAD."""
    return StoredObject(
        bucket=bucket, key=key, etag=str(answer["ETag"]).strip('"'), size=size, metadata=dict(metadata),
        version_id=version_id(answer.get("VersionId")),
    )  # fmt: skip


def _whole(
    client: Any, file: BinaryIO, size: int, which: dict[str, str], metadata: dict[str, str], sent: Sent
) -> dict[str, Any]:
    answer: dict[str, Any] = client.put_object(**which, Body=file.read(), Metadata=metadata)
    sent(size)
    return answer


def _by_parts(
    client: Any, file: BinaryIO, size: int, which: dict[str, str], metadata: dict[str, str], sent: Sent
) -> dict[str, Any]:
    """Parts one after the other; one that fails leaves nothing behind."""
    upload = client.create_multipart_upload(**which, Metadata=metadata)["UploadId"]
    try:
        parts = list(_parts(client, file, part_size(size), {**which, "UploadId": upload}, sent))
        done: dict[str, Any] = client.complete_multipart_upload(
            **which, UploadId=upload, MultipartUpload={"Parts": parts}
        )
    except BaseException:
        client.abort_multipart_upload(**which, UploadId=upload)
        raise
    return done


def _parts(client: Any, file: BinaryIO, step: int, which: dict[str, str], sent: Sent) -> Iterator[dict[str, Any]]:
    number = 0
    while data := file.read(step):
        number += 1
        answer = client.upload_part(**which, PartNumber=number, Body=data)
        sent(len(data))
        yield {"PartNumber": number, "ETag": answer["ETag"]}


def part_size(size: int) -> int:
    """Bytes per part: what fits the store's limit of 10,000 parts. Raises BadInput("too_large") above 5 TiB."""
    if size > 5 << 40:
        raise BadInput("too_large", "a store takes no object of more than 5 TiB")
    return max(PART, -(-size // MOST_PARTS))


def listing(client: Any, bucket: str) -> Iterator[tuple[StoredObject, str]]:
    """Every version of every object with the time it was written, page by page; metadata is not told here.

    Raises NotFound and Unavailable.
    """
    pages = iter(client.get_paginator("list_object_versions").paginate(Bucket=bucket))
    while (page := asked(lambda: next(pages, None), bucket)) is not None:
        for entry in page.get("Versions", ()):
            yield stored(bucket, entry["Key"], entry["Size"], entry, {}), entry["LastModified"].isoformat()
