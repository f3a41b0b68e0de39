"""A running installation as others meet it: a store and a broker, with clients that nobody here wrote."""

import asyncio
import io
import json
import time
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import av
import boto3
import numpy as np
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from infra.local.endpoints import Endpoints
from infra.settings import Settings, read
from processors.accept import wishes
from schemas.errors import BadInput
from schemas.plan import Options, Source, job_id
from schemas.topics import TOPICS
from tests.commands import LECTURE, Done, chalkstream

TENANTS = {"lab": {"targets": ["de"], "formats": ["vtt"]}}
ENDED = ("done", "partial", "failed", "cancelled")
T = TypeVar("T")
Likes = Callable[[dict[str, Any]], bool]
Record = tuple[str, bytes | None, bytes | None, list[tuple[str, Any]]]


def has_ended(status: dict[str, Any]) -> bool:
    return status["state"] in ENDED


def asked(metadata: dict[str, str]) -> Options:
    """The wishes; none where they can't be read, as the contract has it."""
    try:
        return wishes(metadata)
    except BadInput:
        return Options()


@dataclass(frozen=True)
class Site:
    """``environment``: what makes our own commands work with it."""

    at: Endpoints
    environment: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        return read(self.environment)

    @property
    def s3(self) -> Any:
        return store_client(self.at)

    def put(self, key: str, body: bytes, **metadata: str) -> str:
        """Upload as anybody would; the job that it has to become, by the contract."""
        told = {name.replace("_", "-"): value for name, value in metadata.items()}
        answer = self.s3.put_object(Bucket="uploads", Key=key, Body=body, Metadata=told)
        source = Source(bucket="uploads", key=key, etag=answer["ETag"].strip('"'), size=len(body))
        return job_id(source, asked(told))

    def job(self, job: str, likes: Likes = has_ended, seconds: float = 120) -> dict[str, Any]:
        """The newest word of ``media.jobs`` about a job, once it has ended or is otherwise to one's liking."""
        return self.jobs([job], likes, seconds)[0]

    def jobs(self, jobs: Sequence[str], likes: Likes = has_ended, seconds: float = 120) -> list[dict[str, Any]]:
        """The same for several."""

        def look() -> list[dict[str, Any]] | None:
            found = {value["job"]: value for value in self.values("media.jobs")}
            return [found[job] for job in jobs] if all(job in found and likes(found[job]) for job in jobs) else None

        return eventually(look, f"the end of {len(jobs)} jobs", seconds)

    def values(self, topic: str) -> list[dict[str, Any]]:
        """All values of a topic that are JSON objects, partition by partition."""
        found = []
        for record in self.records(topic):
            try:
                value = json.loads(record.value or b"")
            except ValueError:
                continue
            found += [value] if isinstance(value, dict) else []
        return found

    def records(self, topic: str) -> list[Any]:
        """All records of a topic now, read by aiokafka itself."""
        return asyncio.run(read_topic(self.at.bootstrap, topic))

    def send(self, topic: str, *values: bytes | None, key: bytes | None = None, headers: Any = ()) -> None:
        asyncio.run(send(self.at.bootstrap, [(topic, value, key, list(headers)) for value in values]))

    def send_all(self, records: Sequence[Record]) -> None:
        """(topic, value, key, headers) each."""
        asyncio.run(send(self.at.bootstrap, records))

    def command(self, *words: Any, timeout: float = 120, **changed: str) -> Done:
        return chalkstream(*words, timeout=timeout, **{**self.environment, **changed})

    def results(self, job: str, tenant: str = "default") -> dict[str, bytes]:
        """What stands in the bucket for a job, by name."""
        listed = self.s3.list_objects_v2(Bucket="results", Prefix=f"{tenant}/{job}/").get("Contents", [])
        keys = [each["Key"] for each in listed]
        return {key.rpartition("/")[2]: self.s3.get_object(Bucket="results", Key=key)["Body"].read() for key in keys}


@contextmanager
def deaf(site: Site) -> Iterator[None]:
    """The store tells nobody of uploads."""
    told = site.s3.get_bucket_notification_configuration(Bucket="uploads")["QueueConfigurations"]
    site.s3.put_bucket_notification_configuration(Bucket="uploads", NotificationConfiguration={})
    try:
        yield
    finally:
        site.s3.put_bucket_notification_configuration(
            Bucket="uploads", NotificationConfiguration={"QueueConfigurations": told}
        )


def store_client(at: Endpoints) -> Any:
    return boto3.client(
        "s3", endpoint_url=at.endpoint, aws_access_key_id=at.access_key, aws_secret_access_key=at.secret_key,
        region_name=at.region,
    )  # fmt: skip


def eventually(look: Callable[[], T | None], what: str, seconds: float = 60) -> T:
    """What ``look`` finds, looked for until it is there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if (found := look()) is not None:
            return found
        time.sleep(0.3)
    raise AssertionError(f"{what} did not come within {seconds} s")


async def read_topic(bootstrap: str, topic: str) -> list[Any]:
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await reader.start()
    try:
        places = [TopicPartition(topic, number) for number in range(TOPICS[topic].partitions)]
        reader.assign(places)
        await reader.seek_to_beginning(*places)
        ends, found = await reader.end_offsets(places), []
        while [place for place in places if await reader.position(place) < ends[place]]:
            for records in (await reader.getmany(timeout_ms=200)).values():
                found += records
        return sorted(found, key=lambda record: record.timestamp)
    finally:
        await reader.stop()


async def send(bootstrap: str, records: Sequence[Record]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=4 << 20)
    await producer.start()
    try:
        for topic, value, key, headers in records:
            await producer.send_and_wait(topic, value, key=key, headers=headers)
    finally:
        await producer.stop()


@lru_cache
def lecture() -> Any:
    """The sample lecture, 16 kHz mono, 16 bit."""
    with av.open(str(LECTURE)) as media:
        resampler = av.AudioResampler("s16", "mono", 16_000)
        frames = [out.to_ndarray()[0] for frame in media.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate(frames)


def clip(start: float, seconds: float = 6.0, *, times: int = 1) -> bytes:
    """A piece of the sample lecture as a WAV file, again and again: another ``start``, other bytes."""
    samples = lecture()[int(start * 16_000) : int((start + seconds) * 16_000)]
    return wav(samples.tobytes() * times)


def wav(samples: bytes) -> bytes:
    """A WAV file of 16 kHz mono, 16 bit."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples)
    return made.getvalue()
