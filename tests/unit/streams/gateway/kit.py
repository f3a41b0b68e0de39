"""A gateway without a network: memory for store and state, a backend that says what a test tells it to."""

import hashlib
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from starlette.testclient import TestClient

from infra.pieces import Piece
from infra.settings import Settings, read
from infra.state import Kept
from processors.bench import Bench
from processors.planning import Intake
from processors.recipes import RESULTS, plan_key
from schemas.base import to_bytes
from schemas.errors import ErrorInfo, NotFound
from schemas.events import Event, StoredObject
from schemas.exchanges import Exchange, Requested
from schemas.jobs import JobStatus
from schemas.plan import Plan, Source
from streams.gateway.app import application
from streams.gateway.backend import Entry, Heard
from streams.gateway.board import Board
from streams.gateway.keys import Keyring, Role, mint
from streams.gateway.limits import Limits
from streams.gateway.secret import signer
from streams.gateway.site import Site
from streams.gateway.tapes import Tapes
from streams.gateway.views import Views
from tests import fakes

JOB = "6f3f2b0e-6c1c-5d0a-9a52-7b7a1c9d4e11"
NOW = "2026-01-01T00:00:00.000+00:00"


@dataclass
class MemoryState:
    """Implements ``State``."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> Kept | None:
        data = self.objects.get(key)
        return None if data is None else Kept(data, _tag(data))

    def create(self, key: str, data: bytes) -> str | None:
        if key in self.objects:
            return None
        self.objects[key] = data
        return _tag(data)

    def replace(self, key: str, data: bytes, tag: str) -> str | None:
        there = self.get(key)
        if there is None or there.tag != tag:
            return None
        self.objects[key] = data
        return _tag(data)

    def remove(self, key: str) -> None:
        self.objects.pop(key, None)

    def names(self, prefix: str) -> Iterator[str]:
        return iter(sorted(key for key in self.objects if key.startswith(prefix)))


def _tag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


@dataclass
class MemoryPieces:
    """Implements ``Pieces``; ``largest`` is the most that was held at once by one piece."""

    bucket: str = "uploads"
    open: dict[str, dict[int, bytes]] = field(default_factory=dict)
    whole_ones: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, dict[str, str]] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)

    def whole(self, key: str, data: bytes | bytearray, metadata: Mapping[str, str]) -> StoredObject:
        upload = self.begin(key, metadata)
        return self.end(key, upload, [self.put(key, upload, 1, 0, data)], metadata)

    def begin(self, key: str, metadata: Mapping[str, str]) -> str:
        upload = uuid.uuid4().hex
        self.open[upload] = {}
        return upload

    def put(self, key: str, upload: str, number: int, offset: int, data: bytes | bytearray) -> Piece:
        if upload not in self.open:
            raise NotFound("the upload is no more")
        self.open[upload][number] = bytes(data)
        return Piece(number, _tag(bytes(data)), len(data))

    def end(self, key: str, upload: str, pieces: Sequence[Piece], metadata: Mapping[str, str]) -> StoredObject:
        parts = self.open.pop(upload)
        data = b"".join(parts[piece.number] for piece in pieces)
        self.whole_ones[key], self.told[key] = data, dict(metadata)
        return StoredObject(bucket=self.bucket, key=key, etag=_tag(data), size=len(data), metadata=dict(metadata))

    def drop(self, key: str, upload: str) -> None:
        self.open.pop(upload, None)
        self.dropped.append(upload)


@dataclass
class FakeBackend:
    """Implements ``Backend``. ``said``: all facts; ``answers``: to a request; ``fails``: what becomes of uploads."""

    bench: Bench
    board: Board = field(default_factory=Board)
    pieces: Any = field(default_factory=MemoryPieces)
    said: list[Event] = field(default_factory=list)
    begun: list[StoredObject] = field(default_factory=list)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    answers: Callable[[Requested], Sequence[Exchange]] = lambda _: ()
    asked: list[Requested] = field(default_factory=list)
    away: dict[str, str] = field(default_factory=dict)
    fails: ErrorInfo | None = None
    erased: list[str] = field(default_factory=list)
    ended: Callable[[JobStatus], None] = lambda _: None

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def wrong(self) -> dict[str, str]:
        return dict(self.away)

    def key(self, tenant: str, name: str) -> str:
        return f"{tenant}/{uuid.uuid4().hex}/talk.mp4"

    async def begin(self, stored: StoredObject, job: str, tenant: str) -> None:
        self.begun.append(stored)
        if self.fails is not None:
            self.board.take(
                JobStatus(job=job, tenant=tenant, state="failed", error=self.fails, created=NOW, updated=NOW)
            )

    async def say(self, events: Sequence[Event], plan: Plan | None = None) -> None:
        self.said += events

    async def past(self, status: JobStatus) -> list[Entry]:
        return list(self.entries.get(status.job, ()))

    @contextmanager
    def listen(self, job: str, heard: Heard) -> Iterator[None]:
        yield

    async def ask(self, request: Requested, last: type[Exchange]) -> AsyncIterator[Exchange]:
        self.asked.append(request)
        for each in self.answers(request):
            yield each

    async def erase(self, status: JobStatus, source: Source | None) -> None:
        self.erased.append(status.job)


def site(*, keys: bool = False, **settings: str) -> Site:
    """A site over memory; settings by their names without the prefix."""
    told = read({f"CHALKSTREAM_{name}": value for name, value in settings.items()})
    return _site(told, keys)


def _site(settings: Settings, keys: bool) -> Site:
    store, state = fakes.MemoryStore(), MemoryState()
    made = fakes.bench(fakes.plan("fr"), fakes.FakeDecode(), store=store)
    intake = Intake(fakes.abilities(), settings.tenants, _no_head, lambda: datetime.now(UTC), bucket="files")
    backend = FakeBackend(replace(made, intake=intake))
    return Site(
        settings=settings, backend=backend, state=state, signer=signer(state), keyring=Keyring(state),
        limits=Limits(settings.gateway.rate), views=Views(store), tapes=Tapes(backend), abilities=fakes.abilities(),
        open=not keys, models={"asr": "demo/asr", "chat": "demo/chat"},
    )  # fmt: skip


def _no_head(_bucket: str, _key: str, _version: str | None) -> Any:
    raise NotFound("nothing to ask")


def client(made: Site, key: str = "") -> TestClient:
    """What a browser or program has in hand; errors of ours come as answers."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return TestClient(application(made), "http://localhost", raise_server_exceptions=False, headers=headers)


def key(made: Site, tenant: str = "default", role: Role = "member") -> str:
    """A new one."""
    return mint(made.state, tenant, role, now=NOW)


def job(made: Site, name: str = JOB, *, tenant: str = "default", created: str = NOW, **told: Any) -> JobStatus:
    """A job that is there, with its plan."""
    plan = fakes.plan("fr").model_copy(update={"job": name, "tenant": tenant, "created": created})
    made.backend.bench.store.put(RESULTS, plan_key(tenant, name, plan.run), to_bytes(plan))
    status = JobStatus(
        job=name, tenant=tenant, source={"bucket": "files", "key": plan.source.key}, created=created, updated=created,
        **{"state": "running", "languages": {"fr": "waiting"}, **told},
    )  # fmt: skip
    made.backend.board.take(status)
    return status


def backend(made: Site) -> FakeBackend:
    """The fake behind a site."""
    assert isinstance(made.backend, FakeBackend)
    return made.backend
