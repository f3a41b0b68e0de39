"""The composition root of a cluster: workers on Kafka over an S3 store."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from infra import kafka, s3
from infra.settings import Settings
from processors.bench import Bench, ByteSource
from processors.planning import Intake
from processors.stage import Stage, discover
from schemas.errors import BadSettings
from schemas.plan import Source
from schemas.topics import TOPICS
from streams import graph, isolated
from streams.bootstrap import Decoding, LoadedEngines, abilities, find_pack, plans, workers
from streams.control import Control
from streams.observing import Observed
from streams.probe import UNSEEN, Probe
from streams.status import StatusBoard
from streams.worker import Setup

DECODERS, CHATS = 2, 32
"""Threads: a minute does not wait for the decoding of three hours; chats wait together, and are served in batches."""


def cluster_bench(settings: Settings, control: Control | None = None, probe: Probe = UNSEEN) -> Bench:
    """The bench of a cluster: an S3 store, uploads by ranges."""
    client = s3.connect(settings.store)
    store, installed = s3.S3Store(client), find_pack(settings)

    def open_source(source: Source) -> ByteSource:
        return s3.S3Source(
            client, source.bucket, source.key, size=source.size, etag=source.etag, version_id=source.version_id
        )

    intake = None if installed.pack.asr is None else Intake(
        abilities(installed), settings.tenants, store.head, lambda: datetime.now(UTC),
        max_bytes=int(settings.limits.max_gib * (1 << 30)),
    )  # fmt: skip
    return Bench(
        store=store, engines=LoadedEngines(installed, settings, probe), decode=Decoding(settings, probe),
        open_source=open_source,
        plan_of=plans(store), cancelled=control.stops if control else lambda _job, _run: False, clock=time.monotonic,
        version=version("chalkstream"), intake=intake, chat=settings.chat, image=settings.image,
    )  # fmt: skip


def cluster_stages(names: Sequence[str] = ()) -> list[Stage]:
    """The named stages, or all; ``jobs`` among them."""
    known = {stage.name: stage for stage in (*discover(), StatusBoard().stage())}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadSettings(f"there is no stage {unknown[0]!r}", f"there are {', '.join(known)}")
    return [known[name] for name in names or known]


async def setup_worker(
    settings: Settings, names: Sequence[str], instance: str | None, seen: Observed | None = None
) -> Setup:
    """Everything a worker needs. Raises BadSettings where ``init`` has not been run."""
    stages, seen = cluster_stages(names), seen or Observed()
    there = await kafka.partitions(settings.kafka, TOPICS)
    missing = sorted(set(TOPICS) - set(there))
    if missing:
        raise BadSettings(f"topics are missing: {', '.join(missing)}", "run 'chalkstream init' first")
    models = workers(settings)
    return Setup(
        stages=stages, connection=kafka.connection(settings.kafka), partitions=there,
        bench=lambda control: cluster_bench(settings, control, seen.probe),
        isolate=isolated.launcher("cluster", settings),
        slots={"demux": DECODERS, "transcribe": models, "assemble": 2, "subtitle": 1, "chat": CHATS},
        ahead_seconds=settings.limits.ahead_seconds,
        chunk_seconds=_chunk_seconds(settings), instance=instance,
        buries=graph.undertakers(cluster_stages()), probe=seen.probe, vitals=seen.vitals,
    )  # fmt: skip


def _chunk_seconds(settings: Settings) -> float:
    """Of the pack's speech model; a pack may be for chat alone."""
    asr = find_pack(settings).pack.asr
    return asr.chunk_seconds if asr else 0.0
