"""Uploads without a job: found by listing the bucket, told again the way the store tells them (DESIGN §6).

A store's notifications are lossy. What is told again goes through ``accept`` like any other notification, so the
reconciler needs no second way to start a job, may die anywhere, and may run in several places at once. An upload has
a job when its plan, its refusal or the mark of its deletion stands in ``results``.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import quote_plus

from processors.accept import is_folder, understood
from processors.bench import Store
from processors.planning import Intake
from processors.recipes import RESULTS, plan_key, refused_key, stop_key
from schemas.events import StoredObject, UploadNotified
from schemas.ids import derive
from streams.deadletters import Origin

AGAIN_AFTER: Final = 600.0
"""Seconds until an upload that still has no job is told again: ``accept`` may be behind."""
ASKING, PAGE = 8, 256


class Missing(NamedTuple):
    """An upload without a job, the job it will be, and what tells it from other bytes under its key."""

    stored: StoredObject
    job: str
    mark: str


@dataclass
class Reconciler:
    """Remembers what it has seen, so that a further look asks only about what is new."""

    store: Store
    intake: Intake
    listing: Callable[[], Iterable[tuple[StoredObject, str]]]
    _settled: set[str] = field(default_factory=set)
    _told: dict[str, float] = field(default_factory=dict)

    def look(self, now: float) -> Iterator[Missing]:
        """Uploads that have no job and were not ``told`` lately. ``now``: seconds of any clock."""
        new = (each for each in self._new(now))
        with ThreadPoolExecutor(ASKING, thread_name_prefix="reconcile") as pool:
            while page := list(islice(new, PAGE)):
                for (stored, mark), job in zip(page, pool.map(lambda one: self._jobless(one[0]), page), strict=True):
                    if job is None:
                        self._settled.add(mark)
                    else:
                        yield Missing(stored, job, mark)

    def told(self, missing: Missing, now: float) -> None:
        """It was told again, for sure: what a look found before it failed was not, and is found by the next one."""
        self._told[missing.mark] = now

    def _new(self, now: float) -> Iterator[tuple[StoredObject, str]]:
        for stored, written in self.listing():
            mark = derive(stored.key, stored.version_id, stored.etag, written)
            waited = now - self._told.get(mark, -AGAIN_AFTER)
            if mark not in self._settled and waited >= AGAIN_AFTER and not is_folder(stored.key, stored.size):
                yield stored, mark

    def _jobless(self, stored: StoredObject) -> str | None:
        """The id of the job that is missing; None when it is there."""
        job = understood(stored, self.intake).job
        tenant = self.intake.tenant(stored.key)
        known = (plan_key(tenant, job, 0), refused_key(tenant, job), stop_key(tenant, job, "delete", 0))
        return None if any(self.store.exists(RESULTS, name) for name in known) else job


def notification(stored: StoredObject) -> Origin:
    """The record that the store should have written: S3 event JSON, the key escaped."""
    thing = {"key": quote_plus(stored.key), "size": stored.size, "eTag": stored.etag, "versionId": stored.version_id}
    record = {
        "eventVersion": "2.1", "eventSource": "chalkstream:reconcile", "eventName": "s3:ObjectCreated:Reconciled",
        "s3": {"bucket": {"name": stored.bucket}, "object": {name: each for name, each in thing.items() if each}},
    }  # fmt: skip
    place = f"{stored.bucket}/{stored.key}"
    value = json.dumps({"EventName": record["eventName"], "Key": place, "Records": [record]})
    return Origin(UploadNotified.topic, -1, -1, -1, place.encode(), value.encode())
