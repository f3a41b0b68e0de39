"""Results into a folder, and what a job's end means for the exit code (CONTRACT §1); the same for every runner."""

import os
import sys
from pathlib import Path

from processors.bench import Store
from processors.recipes import RESULTS, plan_key, report_key
from schemas.errors import BAD_INPUT_CODES, BadSettings, Cancelled, NotFound
from schemas.jobs import JobStatus
from schemas.plan import Plan
from schemas.report import Report

EXIT = {"done": 0, "partial": 4, "failed": 1}


def deliver(status: JobStatus, store: Store, out: Path) -> int:
    """Copy what the job made; say in one line what went wrong with it, if anything; the exit code."""
    if status.state in ("done", "partial") or set(status.languages.values()) - {"failed", "waiting", "running"}:
        _copy(status, store, out)
    return tell(status)


def tell(status: JobStatus) -> int:
    """One line on standard error where something was wrong; the exit code. Raises Cancelled."""
    name = Path(status.source.get("key", status.job)).name
    if status.state == "cancelled":
        raise Cancelled(f"{name!r}: {status.error.message if status.error else 'stopped on request'}")
    if status.state == "partial":
        why = f" ({status.error.code}: {status.error.line})" if status.error else ""
        sys.stderr.write(f"warning: {name!r} could not be used as a whole{why}; see the report\n")
    elif status.error:
        code = status.error.code
        sys.stderr.write(f"error: {code}: {name!r}: {status.error.line}\n")
        return 3 if code in BAD_INPUT_CODES else 2 if code == "settings" else EXIT[status.state]
    return EXIT[status.state]


def need_writable(out: Path) -> None:
    """Make the folder before work begins. Raises BadSettings."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".chalkstream.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadSettings(f"the folder {out} can't be written: {error.strerror}", "choose another with --out") from None


def _copy(status: JobStatus, store: Store, out: Path) -> None:
    plan = Plan.model_validate_json(store.get(RESULTS, plan_key(status.tenant, status.job, status.run)))
    try:
        data = store.get(RESULTS, report_key(plan))
    except NotFound:
        return  # it ended before there was a report
    try:
        files = [file for each in Report.model_validate_json(data).languages.values() for file in each.files]
        for file in files:
            _place(store.get(file.bucket, file.key), out / Path(file.key).name)
        _place(data, out / f"{plan.stem}.json")
        sys.stderr.write(f"{plan.stem!r}: {len(files)} subtitle files and the report are in {out}\n")
    except OSError as error:
        raise BadSettings(
            f"results can't be written to {out}: {error.strerror}", "choose another folder with --out"
        ) from error


def _place(data: bytes, wanted: Path) -> None:
    beside = wanted.with_name(f".{wanted.name}.part")
    beside.write_bytes(data)
    beside.replace(wanted)
