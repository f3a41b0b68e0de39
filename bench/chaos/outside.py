"""The system as a stranger sees it: objects through boto3, records through kcat. None of our own clients here."""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import boto3

from bench.chaos.check import Evidence, Job, Record

ENDED = ("done", "partial", "failed", "cancelled")


@dataclass(frozen=True)
class Outside:
    """Where services answer."""

    bootstrap: str
    endpoint: str
    access_key: str
    secret_key: str

    @cached_property
    def s3(self) -> Any:
        """A plain S3 client."""
        return boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key, region_name="us-east-1",
        )  # fmt: skip

    def kcat(self, topic: str, form: str) -> list[str]:
        """All records of a topic, one line each."""
        done = subprocess.run(
            ["kcat", "-C", "-b", self.bootstrap, "-t", topic, "-o", "beginning", "-e", "-q", "-f", form],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace").splitlines()

    def ended(self) -> int:
        """How many jobs have a word on ``media.ended``."""
        return len(set(self.kcat("media.ended", "%k\\n")))

    def told(self) -> int:
        """How many jobs have come to an end by their last word on ``media.jobs``."""
        return sum(state in ENDED for state in self.last_words().values())

    def upload(self, key: str, path: str, targets: str) -> None:
        """Put one object as anyone would."""
        self.s3.upload_file(path, "uploads", key, ExtraArgs={"Metadata": {"targets": targets}})

    def records(self, topic: str) -> list[Record]:
        """Key, ce_id and hash of the bytes of every record."""
        return [_record(topic, line) for line in self.kcat(topic, "%k\\t%h\\t%s\\n")]

    def jobs(self) -> list[Job]:
        """Every job that has left anything in the bucket of results, with the hashes of its files."""
        client, told = self.s3, self.last_words()
        folders: dict[str, dict[str, Any]] = defaultdict(dict)
        for key in self.keys("results"):
            folders[key.split("/")[1]][key.rpartition("/")[2]] = key

        def body(key: str) -> bytes:
            found: bytes = client.get_object(Bucket="results", Key=key)["Body"].read()
            return found

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda each: _job(each[0], each[1], told.get(each[0], ""), body), folders.items()))

    def last_words(self) -> dict[str, str]:
        """Job → its last state on ``media.jobs``."""
        lines = (line.split("\t", 1) for line in self.kcat("media.jobs", "%k\\t%s\\n"))
        return {key: json.loads(value)["state"] for key, value in lines if value}

    def keys(self, bucket: str, prefix: str = "") -> Iterator[str]:
        """Keys of a bucket."""
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", ()))

    def artefacts(self) -> int:
        """Results of models in the bucket of work: chunks, windows, blocks."""
        kinds = ("/transcribe/", "/window/", "/translate/")
        return sum(any(kind in key for kind in kinds) and key.endswith(".json") for key in self.keys("work"))

    def evidence(self, *, calls: int, items: int, in_flight: int) -> Evidence:
        """All of it, for the checker."""
        topics = ("media.subtitles", "media.ended", "media.transcribed")
        return Evidence(
            jobs=self.jobs(), records=[record for topic in topics for record in self.records(topic)],
            dead_letters=len(self.kcat("dead.letters", "%o\\n")), calls=calls, items=items, in_flight=in_flight,
        )  # fmt: skip


def _record(topic: str, line: str) -> Record:
    key, headers, value = line.split("\t", 2)
    named = dict(pair.split("=", 1) for pair in headers.split(",") if "=" in pair)
    return Record(topic, _thing(topic, key, value), named.get("ce_id", ""), sha256(value.encode()).hexdigest())


def _thing(topic: str, key: str, value: str) -> str:
    """What a record is about: chunks of a job share their key, and are told apart by their index."""
    if topic != "media.transcribed":
        return key
    fact = json.loads(value)
    return f"{key}/{fact.get('index', 'end')}"


def _job(job: str, files: dict[str, str], told: str, body: Any) -> Job:
    report = json.loads(body(files["result.json"])) if "result.json" in files else {}
    plan = json.loads(body(files["plan.json"])) if "plan.json" in files else {}
    source = report.get("source") or plan.get("source") or {}
    shown = {".".join(name.split(".")[-2:]): key for name, key in files.items() if name.endswith((".srt", ".vtt"))}
    hashes = {name: sha256(body(key)).hexdigest() for name, key in shown.items()}
    return Job(job, source.get("key", ""), report.get("state", ""), told, hashes)
