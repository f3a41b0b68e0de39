"""``chalkstream run``: files become jobs of the local runner, and their results come to the output folder."""

import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra import files
from infra.settings import Settings, read
from processors.planning import Abilities, make_plan
from processors.recipes import RESULTS, plan_key
from schemas import envelope
from schemas.base import to_bytes
from schemas.errors import BadInput, BadSettings, Broken
from schemas.events import Event, SpeechTranscribed, VideoAccepted
from schemas.jobs import JobStatus
from schemas.plan import Options, Plan, job_id
from streams import bootstrap
from streams.commands.delivery import deliver, need_writable
from streams.commands.progress import Progress
from streams.jobs import begin, changed
from streams.local import LocalRunner
from streams.observing import Observed, observe
from streams.warming import warm


@dataclass(frozen=True)
class Request:
    """What was asked for, as typed."""

    media: tuple[Path, ...]
    to: str
    source_language: str
    profile: str
    formats: str

    @property
    def options(self) -> Options:
        """The wishes as values. Raises BadSettings for a format that is not known."""
        formats = _list(self.formats)
        if not formats or set(formats) - {"srt", "vtt"}:
            raise BadSettings(f"--formats {self.formats!r} is not known", "use srt, vtt or srt,vtt")
        return Options(
            targets=_list(self.to),
            source_language=self.source_language,
            profile=self.profile,
            formats=formats,
        )


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def run_files(request: Request, out: Path, *, models: str | None, store: Path | None, as_json: bool) -> int:
    """The exit code. Every file that can be planned runs; one that can't is told and does not stop the others."""
    settings = read(os.environ, models=models, state=store)
    need_writable(out)
    with locked(settings.state), _observed(settings) as seen, Progress(sys.stderr) as progress:
        spoken = threading.Event()
        runner = bootstrap.local_runner(settings, lambda event: _tell(event, progress, as_json, spoken), seen.probe)
        plans, codes = _plan_all(request, bootstrap.abilities(bootstrap.whole_pack(settings)), runner)
        for status in _statuses(runner, plans):
            if status.ended:
                _tell(changed(status), progress, as_json, spoken)
        _warm(runner, plans, spoken)
        runner.run([plan.job for plan in plans], tick=lambda: progress.show(_statuses(runner, plans)))
        progress.show(_statuses(runner, plans))
        progress.stop()
        codes += [_deliver(plan, runner, out) for plan in plans]
    return next((code for code in (1, 2, 3, 4) if code in codes), 0)


def _plan_all(request: Request, abilities: Abilities, runner: LocalRunner) -> tuple[list[Plan], list[int]]:
    plans: list[Plan] = []
    codes = []
    for path in request.media:
        try:
            plan = _accept(path, request.options, abilities, runner)
            if any(plan.stem == other.stem and plan.job != other.job for other in plans):
                raise BadInput(
                    "conflict", f"two files would both be written as {plan.stem!r}", "run them with different --out"
                )
            plans += [plan] if plan.job not in [other.job for other in plans] else []
        except BadInput as error:
            _complain(error, path)
            codes.append(error.exit_code)
    return plans, codes


def _accept(path: Path, options: Options, abilities: Abilities, runner: LocalRunner) -> Plan:
    """The job of this file: a new one, one that goes on, one that is done, or a new run of one that can't stand."""
    source = files.identify(path)
    status = runner.journal.status(job_id(source, options))
    run = status.run if status else 0
    plan = make_plan(source, options, abilities, tenant="default", defaults=Options(), now=datetime.now(UTC), run=run)
    if status is None:
        return start(plan, runner)
    stored = Plan.model_validate_json(runner.bench.store.get(RESULTS, plan_key(plan.tenant, plan.job, run)))
    same = stored.model_copy(update={"created": plan.created}) == plan
    if same and status.state not in ("failed", "cancelled"):
        return stored
    return start(plan.model_copy(update={"run": run + 1}), runner)


def start(plan: Plan, runner: LocalRunner) -> Plan:
    """Begin a planned run, or go on with it."""
    key = plan_key(plan.tenant, plan.job, plan.run)
    if not runner.bench.store.create(RESULTS, key, to_bytes(plan)):
        plan = Plan.model_validate_json(runner.bench.store.get(RESULTS, key))
    runner.journal.begin(begin(plan))
    now = datetime.now(UTC).timestamp()
    runner.journal.publish([VideoAccepted(job=plan.job, run=plan.run, tenant=plan.tenant)], now=now)
    return plan


def _warm(runner: LocalRunner, plans: Sequence[Plan], spoken: threading.Event) -> None:
    """Load the models while the first minute is being decoded, and the translator after the first text: it is not
    needed before, and two cores are what the first cue is waited for on. A failure shows again in its stage."""

    def translator() -> None:
        spoken.wait()
        runner.bench.engines.translator()

    if any(not status.ended for status in _statuses(runner, plans)):
        loads: list[Callable[[], object]] = [runner.bench.engines.voice, runner.bench.engines.recogniser]
        loads += [translator] if any(plan.targets for plan in plans) else []
        warm(loads, lambda error: sys.stderr.write(f"warning: {error}\n"))


def _tell(event: Event, progress: Progress, as_json: bool, spoken: threading.Event) -> None:
    if isinstance(event, SpeechTranscribed):
        spoken.set()
    if as_json:
        sys.stdout.write(json.dumps(envelope.structured(event), ensure_ascii=False) + "\n")
        sys.stdout.flush()
    progress.heard(event)


def _statuses(runner: LocalRunner, plans: Sequence[Plan]) -> list[JobStatus]:
    found = (runner.journal.status(plan.job) for plan in plans)
    return [status for status in found if status]


def _deliver(plan: Plan, runner: LocalRunner, out: Path) -> int:
    status = runner.journal.status(plan.job)
    if status is None:
        raise Broken("internal", "the journal has lost the job", "run the same command again")
    return deliver(status, runner.bench.store, out)


def _complain(error: BadInput, path: Path) -> None:
    sys.stderr.write(f"error: {error.code}: {path.name!r}: {' '.join(str(error).partition(': ')[2].split())}\n")


@contextmanager
def _observed(settings: Settings) -> Iterator[Observed]:
    """Telemetry, if the environment asks for it; what it says about itself is for workers, not for people."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    seen = observe(settings, os.environ)
    try:
        yield seen
    finally:
        seen.close()


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """One run at a time per store; a second one waits and says for what."""
    import fcntl

    try:
        state.mkdir(parents=True, exist_ok=True)
        file = (state / "lock").open("a+")
    except OSError as error:
        raise BadSettings(f"the store {state} can't be used: {error.strerror}", "choose another with --store") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"waiting for another run that uses {state} (or name another store with --store)\n")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
