"""The S3 event as stores write it to ``media.uploads``: the part of it that is read here, for documents and checks."""

from pydantic import Field

from schemas.base import Model


class NotedBucket(Model):
    """The bucket by its name."""

    name: str


class NotedObject(Model):
    """The object; ``key`` is query-escaped, ``size`` in bytes."""

    key: str
    size: int = 0
    etag: str = Field("", alias="eTag")
    version_id: str | None = Field(None, alias="versionId")
    user_metadata: dict[str, str] = Field({}, alias="userMetadata")


class NotedS3(Model):
    """Where the object is."""

    bucket: NotedBucket
    object: NotedObject


class Note(Model):
    """One thing that happened; only ``s3:ObjectCreated:*`` starts a job."""

    event_name: str = Field(alias="eventName")
    s3: NotedS3


class S3Notification(Model):
    """The whole record."""

    records: tuple[Note, ...] = Field(alias="Records")
