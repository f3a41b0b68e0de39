"""The machine: where state is kept, how much room there is, how many cores, and how well media is locked in."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from infra.settings import EngineSettings
from streams.findings.finding import Finding, Level, Situation, check

LITTLE_GB, TOO_LITTLE_GB = 5.0, 0.5
FEW_FILES = 1024
"""Open files: sockets, the journal and parts of several lectures at once stay far below it."""


@check
def state(situation: Situation) -> Iterator[Finding]:
    """The folder of journal, artefacts and packs."""
    wanted = situation.settings.state
    folder = next(place for place in (wanted, *wanted.absolute().parents) if place.exists())
    try:
        probe = folder / f".doctor.{os.getpid()}"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        remedy = "set CHALKSTREAM_STATE (or --store) to a folder of your own"
        yield Finding("bad", f"{wanted} can't be written: {error.strerror}", remedy)
        return
    yield Finding("ok", f"{wanted} can be written")
    yield room(wanted, shutil.disk_usage(folder).free)


def room(folder: Path, free: int) -> Finding:
    """``free``: bytes. An hour of lecture takes about 0.3 GB of artefacts, packs 0.6-6 GB."""
    gigabytes = free / 1e9
    level: Level = "bad" if gigabytes < TOO_LITTLE_GB else "warn" if gigabytes < LITTLE_GB else "ok"
    remedy = "free some space, or set CHALKSTREAM_STATE to a folder on a larger disk" if level != "ok" else ""
    return Finding(level, f"{gigabytes:.1f} GB free in {folder}", remedy)


@check
def cores(situation: Situation) -> Iterator[Finding]:
    """Processors against what the settings ask for."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield advice(here, situation.settings.engines)


def advice(here: int, engines: EngineSettings) -> Finding:
    """One thread per instance and an instance per core is fastest for most; more than there are cores is slower."""
    asked = engines.workers * engines.threads
    plan = f"{engines.workers or 'one per core, at most 4'} model instances of {engines.threads} threads"
    if engines.device == "cpu" and asked > here:
        remedy = f"set CHALKSTREAM_ENGINES__WORKERS={max(1, here // engines.threads)}, or 0 to let it be chosen"
        return Finding("warn", f"{plan} on {here} cores", remedy)
    return Finding("ok", f"{here} cores; {plan}")


@check
def open_files(_: Situation) -> Iterator[Finding]:
    """The limit on open files."""
    import resource

    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FEW_FILES:
        yield Finding("warn", f"at most {soft} open files", f"raise it: ulimit -n {FEW_FILES}")
    else:
        yield Finding("ok", f"at most {soft} open files")


@check
def sandbox(_: Situation) -> Iterator[Finding]:
    """How far decoding of untrusted media is locked in on this machine."""
    from infra.decode import sandbox_report

    for what, held in sandbox_report().items():
        level: Level = "ok" if held == "in force" else "warn"
        remedy = (
            "" if level == "ok" else "take only media you trust, or run Chalkstream in a container that confines it"
        )
        yield Finding(level, f"{what}: {held}", remedy)
