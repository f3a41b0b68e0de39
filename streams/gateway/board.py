"""The jobs as this gateway knows them: a table kept from ``media.jobs`` (or the journal), and what was deleted.

One text of a job is kept, not an object, so that a hundred thousand jobs fit; pages are cut from an order by time that
is made again when it has changed.
"""

import bisect
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from schemas.errors import BadInput
from schemas.jobs import ENDED, JobStatus
from streams.jobs import newest

CURSOR: Final = re.compile(r"([0-9T:.+Z-]{0,40})_([0-9a-f-]{36})")


class Row(NamedTuple):
    """One job."""

    tenant: str
    created: str
    state: str
    text: bytes


@dataclass
class Board:
    """Only the gateway's loop comes here. Jobs of other tenants are not there for who asks."""

    _rows: dict[str, Row] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)
    _running: Counter[str] = field(default_factory=Counter)
    _orders: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _jobs: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def take(self, told: JobStatus) -> bool:
        """A word about a job; whether it is news."""
        if told.job in self._gone:
            return False
        before = self._rows.get(told.job)
        if before is not None:
            known = JobStatus.model_validate_json(before.text)
            if known == told or newest(known, told) is known:
                return False
        self._put(told, before)
        return True

    def forget(self, job: str) -> None:
        """A job that was deleted; it never comes back."""
        self._gone.add(job)
        row = self._rows.pop(job, None)
        if row is not None:
            self._running[row.tenant] -= row.state not in ENDED
            self._jobs[row.tenant].discard(job)
            self._orders.pop(row.tenant, None)

    def is_gone(self, job: str) -> bool:
        """Whether it was deleted."""
        return job in self._gone

    def get(self, tenant: str, job: str) -> JobStatus | None:
        """A job of the tenant's."""
        row = self._rows.get(job)
        return JobStatus.model_validate_json(row.text) if row is not None and row.tenant == tenant else None

    def running(self, tenant: str) -> int:
        """How many jobs of the tenant have not ended."""
        return self._running[tenant]

    def others(self, status: JobStatus) -> bool:
        """Whether another job is about the same upload."""
        jobs = (self.get(status.tenant, job) for job in self._jobs[status.tenant] if job != status.job)
        return any(each is not None and each.source == status.source for each in jobs)

    def page(
        self, tenant: str, *, limit: int, after: str | None = None, state: str | None = None
    ) -> tuple[list[JobStatus], str | None]:
        """Newest first, and the cursor of the next page. Raises BadInput for a cursor that is none."""
        order = self._order(tenant)
        at = bisect.bisect_left(order, _place(after)) if after else len(order)
        found: list[JobStatus] = []
        while at > 0 and len(found) <= limit:
            at -= 1
            row = self._rows[order[at][1]]
            if state in (None, row.state):
                found.append(JobStatus.model_validate_json(row.text))
        more = len(found) > limit
        found = found[:limit]
        return found, _cursor(found[-1]) if more else None

    def _order(self, tenant: str) -> list[tuple[str, str]]:
        if tenant not in self._orders:
            self._orders[tenant] = sorted((self._rows[job].created, job) for job in self._jobs[tenant])
        return self._orders[tenant]

    def _put(self, told: JobStatus, before: Row | None) -> None:
        if before is None or before.created != told.created:
            self._orders.pop(told.tenant, None)
        if before is not None:
            self._running[before.tenant] -= before.state not in ENDED
        self._running[told.tenant] += told.state not in ENDED
        self._jobs[told.tenant].add(told.job)
        self._rows[told.job] = Row(told.tenant, told.created, told.state, told.model_dump_json().encode())


def _cursor(status: JobStatus) -> str:
    return f"{status.created}_{status.job}"


def _place(cursor: str) -> tuple[str, str]:
    found = CURSOR.fullmatch(cursor)
    if found is None:
        raise BadInput("invalid_request", "'after' is no cursor", "use 'next' of the page before")
    return found[1], found[2]
