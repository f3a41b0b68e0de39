"""What commands against a cluster share: settings, store and broker, and where a job belongs."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra import s3
from infra.settings import Settings, read
from processors.recipes import RESULTS
from processors.runs import home
from schemas.errors import BadInput
from schemas.jobs import JobStatus
from streams import follow, logs


@dataclass(frozen=True)
class Reach:
    """One per command."""

    settings: Settings
    client: Any
    store: s3.S3Store

    def tenants(self) -> Iterator[str]:
        """Declared tenants first, then whoever else has results here."""
        yield from ("default", *self.settings.tenants)
        yield from self.store.folders(RESULTS)

    def home(self, job: str) -> str:
        """The job's tenant. Raises NotFound."""
        return home(self.store, job, self.tenants())

    async def status(self, job: str) -> JobStatus | None:
        """The job as the topic tells it now."""
        return await follow.status(self.settings.kafka, job)


def reach() -> Reach:
    """By the settings of this process."""
    settings = read(os.environ)
    logs.for_people()
    client = s3.connect(settings.store)
    return Reach(settings, client, s3.S3Store(client))


def job_named(text: str) -> str:
    """A job as typed. Raises BadInput("invalid_request")."""
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        raise BadInput("invalid_request", f"{text!r} is no job", "jobs are UUIDs: see 'chalkstream watch'") from None
