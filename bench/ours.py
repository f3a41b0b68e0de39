"""Ours as an arm: the local runner in this process, with its engines loaded, over a store that is new every time."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.arms import LANGUAGE, Audio, Clock, Run, said
from infra import files
from infra.decode import prepare
from infra.settings import Settings, read
from processors import recipes
from processors.artefacts import load
from processors.bench import Engines
from processors.planning import make_plan
from processors.sound import samples
from schemas.base import to_bytes
from schemas.events import Event, VideoAccepted
from schemas.plan import Options, Plan
from schemas.records import ChunkRecord, SpeechRecord, TranscriptRecord
from streams import bootstrap
from streams.jobs import begin
from streams.local import LocalRunner


@dataclass(frozen=True)
class Finished:
    """A run that ended, and where its artefacts are."""

    seconds: float
    cpu: float
    runner: LocalRunner
    plan: Plan

    @property
    def records(self) -> list[TranscriptRecord]:
        """The recognised chunks in order."""
        heard, count = recipes.heard(self.plan, LANGUAGE), _speech(self).count
        found = (load(self.runner.bench, recipes.slot(heard, index), TranscriptRecord) for index in range(count))
        return [record for record in found if record]

    @property
    def run(self) -> Run:
        """As an arm's."""
        texts = [part.text for record in self.records for part in (*record.segments, *record.suppressed)]
        return Run(self.seconds, self.cpu, *said(texts), len(self.records))

    def chunks(self) -> list[Audio]:
        """The audio of every chunk, for the bare arm."""
        found = (
            load(self.runner.bench, recipes.slot(recipes.speech(self.plan), n), ChunkRecord)
            for n in range(_speech(self).count)
        )
        return [samples(self.plan, chunk.start, chunk.end, self.runner.bench) for chunk in found if chunk]


def _speech(finished: Finished) -> SpeechRecord:
    found = load(finished.runner.bench, recipes.end(recipes.speech(finished.plan)), SpeechRecord)
    assert found is not None
    return found


def warm(pack: Path) -> Engines:
    """Our engines for a pack, loaded."""
    settings = read({}, models=str(pack), state=Path(tempfile.gettempdir()))
    engines = bootstrap.LoadedEngines(bootstrap.find_pack(settings), settings)
    engines.voice()
    engines.recogniser()
    if engines.installed.pack.mt:
        engines.translator()
    return engines


READY_SECONDS = 1.0
"""For the decoder's child, which ``chalkstream run`` starts while its libraries load: warm is warm."""


@contextmanager
def finished(
    media: Path, pack: Path, engines: Engines, *, to: str = "", heard: Callable[[Event], None] = lambda _: None
) -> Iterator[Finished]:
    """Run ``media`` from nothing to files. The store is gone afterwards."""
    state = Path(tempfile.mkdtemp(prefix="chalkstream-bench-"))
    prepare()
    time.sleep(READY_SECONDS)
    try:
        settings = read({}, models=str(pack), state=state)
        clock = Clock()
        runner = bootstrap.local_runner(settings, heard)
        runner.bench = replace(runner.bench, engines=engines)
        plan = _accept(media, to, settings, runner)
        runner.run([plan.job])
        yield Finished(*clock.read(), runner, plan)
        runner.journal.close()
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _accept(media: Path, to: str, settings: Settings, runner: LocalRunner) -> Plan:
    options = Options(targets=tuple(tag for tag in to.split(",") if tag), source_language=LANGUAGE)
    abilities = bootstrap.abilities(bootstrap.find_pack(settings))
    plan = make_plan(
        files.identify(media), options, abilities, tenant="default", defaults=Options(), now=datetime.now(UTC), run=0
    )
    runner.bench.store.create(recipes.RESULTS, recipes.plan_key(plan.tenant, plan.job, 0), to_bytes(plan))
    runner.journal.begin(begin(plan))
    runner.journal.publish([VideoAccepted(job=plan.job, run=0, tenant=plan.tenant)], now=datetime.now(UTC).timestamp())
    return plan
