"""``submit``: a file goes into the bucket ``uploads`` as any S3 client would put it, and is waited for if wished.

The key follows from the file and the wishes, so the same command again is the same upload and the same job, and
goes on where it was stopped. What the job will be called is computed as ``accept`` computes it.
"""

import asyncio
import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra import files, uploads
from infra.buckets import UPLOADS
from processors.accept import wishes
from processors.planning import usable
from processors.recipes import RESULTS, plan_key, refused_key
from schemas.errors import BadInput, NotFound
from schemas.events import StoredObject
from schemas.languages import canonical
from schemas.plan import Source, job_id
from streams.commands.attend import attend
from streams.commands.delivery import deliver, need_writable, tell
from streams.commands.progress import Progress
from streams.commands.reach import Reach, reach

LONGEST_NAME: Final = 180
"""Bytes of the key that come from the file's name."""


@dataclass(frozen=True)
class Order:
    """What was asked for, as typed; ``asked`` is the user metadata of CONTRACT §2, only what was asked."""

    path: Path
    asked: Mapping[str, str]
    tenant: str = ""


def submit(order: Order, *, wait: bool, out: Path | None) -> int:
    """The exit code; the job's id on standard output."""
    check(order.asked)
    if out is not None:
        need_writable(out)
    here = reach()
    job = job_of(_uploaded(order, here), order.asked)
    sys.stdout.write(f"{job}\n")
    sys.stdout.flush()
    return wait_for(here, job, out) if wait or out is not None else 0


def wait_for(here: Reach, job: str, out: Path | None, *, run: int = 0) -> int:
    """Until the job has ended; its exit code."""
    with Progress(sys.stderr) as progress:
        status = asyncio.run(attend(here.settings.kafka, job, progress, run=run))
    return deliver(status, here.store, out) if out is not None else tell(status)


def check(asked: Mapping[str, str]) -> None:
    """Refuse now what would be refused there. Raises BadInput."""
    made = wishes(dict(asked))
    spoken = (made.source_language,) if made.source_language not in (None, "auto") else ()
    for tag in (*(made.targets or ()), *spoken):
        canonical(str(tag))
    if not all(value.isascii() and value.isprintable() for value in asked.values()):
        raise BadInput("invalid_request", "options of an upload are plain ASCII", "check --profile and the languages")


def job_of(stored: StoredObject, asked: Mapping[str, str]) -> str:
    """The job that ``accept`` will make of it."""
    source = Source(**stored.model_dump(exclude={"metadata"}))
    return job_id(source, wishes(dict(asked)))


def key_for(name: str, fingerprint: str, asked: Mapping[str, str], tenant: str) -> str:
    """``<tenant>/<digest>/<name>``: the same file and wishes have the same key, others another."""
    digest = hashlib.sha256(repr((fingerprint, sorted(asked.items()))).encode()).hexdigest()[:16]
    key = "/".join(part for part in (tenant, digest, safe_name(name)) if part)
    if not usable(key):
        raise BadInput("invalid_request", f"tenant {tenant!r} can't be used in a key", "use a plain name")
    return key


def safe_name(name: str) -> str:
    """A file name that every store and shell takes; its ending is kept."""
    plain = "".join(letter if letter.isprintable() and letter not in '/\\"<>|*?' else "_" for letter in name)
    stem, dot, ending = plain.rpartition(".")
    kept = (stem or ending).encode()[:LONGEST_NAME].decode(errors="ignore").strip(" .") or "media"
    return kept + (dot + ending[:16] if stem else "")


def _uploaded(order: Order, here: Reach) -> StoredObject:
    """What stands in the store: put now, or there already with a job of its own."""
    local = files.identify(order.path)
    key = key_for(order.path.name, local.etag, order.asked, order.tenant)
    there = _there(here, key, local.size)
    if there is not None and _has_job(here, job_of(there, order.asked), here.settings.tenants, key):
        sys.stderr.write("this upload is there already\n")
        return there
    with _bar(local.size) as sent:
        return uploads.put_file(here.client, order.path, UPLOADS, key, metadata=order.asked, sent=sent)


def _there(here: Reach, key: str, size: int) -> StoredObject | None:
    try:
        facts = here.store.head(UPLOADS, key)
    except NotFound:
        return None
    if facts.size != size:
        return None
    return StoredObject(bucket=UPLOADS, key=key, etag=facts.etag, size=size, version_id=facts.version_id)


def _has_job(here: Reach, job: str, tenants: Mapping[str, object], key: str) -> bool:
    first = key.split("/")[0]
    tenant = first if first in tenants else "default"
    return any(here.store.exists(RESULTS, name) for name in (plan_key(tenant, job, 0), refused_key(tenant, job)))


@contextmanager
def _bar(size: int) -> Iterator[Callable[[int], None]]:
    """Progress of the upload on standard error, on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    console = Console(file=sys.stderr)
    columns = ("upload", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bars(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as bars:
        task = bars.add_task("upload", total=size)
        yield lambda more: bars.update(task, advance=more)
