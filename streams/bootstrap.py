"""The composition root: settings become a bench, engines, stages and runners. mypy proves here that all fits.

Engines load on first use, under a lock of their own, so that a stage that needs none never pays for one. What only a
cluster needs is put together in ``bootstrap_cluster``, so that a local run never waits for a Kafka client.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, cast

from infra import files
from infra.decode import decode
from infra.folder import FolderStore
from infra.models import installed as models
from infra.settings import Settings
from processors.bench import Bench, ByteSource, Recogniser, Store, Translator, Voice
from processors.chatting.values import Chatter
from processors.engines import chatters
from processors.painting import Painter
from processors.planning import Abilities
from processors.recipes import RESULTS, plan_key
from processors.stage import discover
from schemas.events import Event
from schemas.media import DecodeEnd, DecodeRequest, MediaInfo
from schemas.pack import KINDS, Kind
from schemas.plan import Plan, Source
from streams import graph, isolated
from streams.jobs import fold
from streams.journal import Journal
from streams.local import LocalRunner
from streams.probe import UNSEEN, Probe

NICENESS = 5
MOST_WORKERS = 4
"""Parallel model instances by default: each holds its own activations, and memory is the first thing a laptop lacks."""


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers(settings: Settings) -> int:
    """Parallel model instances."""
    return settings.engines.workers or min(MOST_WORKERS, cores())


def pack_folder(settings: Settings) -> Path:
    """Where fetched packs stand."""
    return settings.packs


def gently(load: Callable[[], Any]) -> Any:
    """What ``load`` makes, with threads of its own that yield to all others of this process: an engine that is busy for
    hours must not hold up what is quick. Threads inherit the niceness of who makes them, so one is made to load."""
    with ThreadPoolExecutor(1, "load", _yield) as thread:
        return thread.submit(load).result()


def _yield() -> None:
    if sys.platform == "linux":  # where threads have a niceness of their own
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, max(NICENESS, os.getpriority(os.PRIO_PROCESS, me)))


@dataclass
class LoadedEngines:
    """Implements ``Engines`` from one pack."""

    installed: models.Installed
    settings: Settings
    probe: Probe = UNSEEN
    _loaded: dict[str, Any] = field(default_factory=dict)
    _locks: dict[str, Lock] = field(default_factory=lambda: {name: Lock() for name in ("voice", *KINDS)})

    def voice(self) -> Voice:
        """The voice detector."""
        from processors.engines import silero

        found: Voice = self._once("voice", silero.load)
        return found

    def recogniser(self) -> Recogniser:
        """The speech model."""
        from processors.engines import whisper

        model = self.installed.need("asr")
        found: Recogniser = self._once(
            "asr", lambda: whisper.load(**self._common("asr"), chunk_seconds=model.chunk_seconds)
        )
        return found

    def translator(self) -> Translator:
        """The translation model."""
        from processors.engines import nllb

        model = self.installed.need("mt")
        found: Translator = self._once(
            "mt", lambda: nllb.load(**self._common("mt"), max_tokens=model.max_source_tokens)
        )
        return found

    def chatter(self) -> Chatter:
        """The chat model, behind whichever engine the pack names."""
        model = self.installed.need("chat")
        found: Chatter = self._once(
            "chat", lambda: chatters.load(model, self.installed.folder, self.installed.identity("chat"), self._chat)
        )
        return found

    def painter(self) -> Painter:
        """The image model."""
        from processors.engines import diffusion

        model, engines = self.installed.need("image"), self.settings.engines
        found: Painter = self._once(
            "image", lambda: diffusion.load(
                self._checked("image"), self.installed.identity("image"), sizes=model.sizes, options=model.options,
                device=engines.device, threads=engines.threads,
            )
        )  # fmt: skip
        return found

    def _checked(self, kind: Kind) -> Path:
        models.check(self.installed, kind)
        return self.installed.path(self.installed.need(kind))

    def _chat(self) -> dict[str, Any]:
        told = {name: value for name, value in self._common("chat").items() if name != "languages"}
        return {**told, "context": self.installed.need("chat").context_tokens}

    def _once(self, name: str, load: Callable[[], Any]) -> Any:
        with self._locks[name]:
            if name not in self._loaded:
                self._loaded[name] = self._load(name, load)
            return self._loaded[name]

    def _load(self, name: str, load: Callable[[], Any]) -> Any:
        began = time.monotonic()
        with self.probe.step("load model", **{"media.model_kind": name}):
            found = gently(load) if name == "asr" else load()
        known = name in self._locks and name != "voice" and self.installed.pack.model(cast(Kind, name))
        model = self.installed.identity(cast(Kind, name)).name if known else name
        self.probe.loaded(name, model, time.monotonic() - began)
        return found

    def _common(self, kind: Kind) -> dict[str, Any]:
        model, engines = self.installed.need(kind), self.settings.engines
        models.check(self.installed, kind)
        return {
            "path": self.installed.path(model), "identity": self.installed.identity(kind), "languages": model.languages,
            "options": model.options, "compute_type": model.compute_type, "device": engines.device,
            "workers": workers(self.settings), "threads": engines.threads,
        }  # fmt: skip


def find_pack(settings: Settings) -> models.Installed:
    """The pack of the settings, allowed by its licences."""
    installed = models.find(settings.models, pack_folder(settings))
    models.allow(installed, commercial=settings.commercial)
    return installed


def whole_pack(settings: Settings) -> models.Installed:
    """The pack of the settings, with every file that a lecture needs in its place, before work starts."""
    installed = find_pack(settings)
    for kind in ("asr", "mt"):
        if installed.pack.model(kind):
            models.check(installed, kind)
    return installed


def abilities(installed: models.Installed) -> Abilities:
    """What the pack can do, for planning."""
    asr, mt = installed.need("asr"), installed.pack.mt
    return Abilities(
        installed.identity("asr"), installed.identity("mt") if mt else None, heard=asr.languages,
        written=mt.languages if mt else (), chunk_seconds=asr.chunk_seconds,
    )  # fmt: skip


def plans(store: Store) -> Callable[[Event], Plan]:
    """Frozen plans, read once each."""

    @lru_cache(maxsize=1024)
    def read(tenant: str, job: str, run: int) -> Plan:
        return Plan.model_validate_json(store.get(RESULTS, plan_key(tenant, job, run)))

    return lambda event: read(event.tenant, event.job, event.run)


def local_bench(
    settings: Settings, *, cancelled: Callable[[str, int], bool] = lambda _job, _run: False, probe: Probe = UNSEEN
) -> Bench:
    """The bench of a machine on its own: a folder store, files as uploads."""
    store = FolderStore(settings.state / "objects")
    return Bench(
        store=store, engines=LoadedEngines(find_pack(settings), settings, probe), decode=Decoding(settings, probe),
        open_source=_open_file, plan_of=plans(store), cancelled=cancelled, clock=time.monotonic,
        version=version("chalkstream"), chat=settings.chat, image=settings.image,
    )  # fmt: skip


def _open_file(source: Source) -> ByteSource:
    files.check_unchanged(source)
    return files.FileSource(Path(source.key))


@dataclass(frozen=True)
class Decoding:
    """Implements ``Decode`` within the limits of the settings."""

    settings: Settings
    probe: Probe

    def __call__(
        self, source: ByteSource, request: DecodeRequest, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[MediaInfo | bytes | DecodeEnd]:
        """Start; see ``infra.decode.decode``."""
        asked = self.settings.limits
        limits = request.limits.model_copy(
            update={"max_seconds": asked.max_hours * 3600.0, "max_bytes": int(asked.max_gib * (1 << 30))}
        )
        with self.probe.step("decode"):
            yield from decode(source, request.model_copy(update={"limits": limits}), cancelled=cancelled)


def local_runner(settings: Settings, heard: Callable[[Event], None], probe: Probe = UNSEEN) -> LocalRunner:
    """The local runner over the journal in the state folder."""
    stages = discover()
    journal = Journal(settings.state / "journal.sqlite", graph.takers(stages), lambda s, e: fold(s, e, _now()))
    bench = local_bench(settings, cancelled=lambda job, run: runner.stops(job, run), probe=probe)
    runner = LocalRunner(
        stages, bench, journal, isolated.launcher("local", settings), workers={"transcribe": workers(settings)},
        yielding=frozenset({"chunk"}),
        ahead_seconds=settings.limits.ahead_seconds, heard=heard, probe=probe,
    )  # fmt: skip
    return runner


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
