"""The local runner's memory: facts, what each stage still has to do with them, and jobs, in one SQLite file.

A fact and the work it makes are written in one transaction, under the fact's own id, so that saying it twice
changes nothing. WAL with synchronous=NORMAL survives ``kill -9``; after a power cut a stage may run again, which
derived ids make harmless. All access goes through one connection and one lock.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas import envelope
from schemas.errors import Unavailable
from schemas.events import Event, SpeechFound
from schemas.jobs import JobStatus
from schemas.tracing import TRACEPARENT
from streams.precedence import first_minutes

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, type TEXT, job TEXT, run INT, value BLOB);
CREATE TABLE IF NOT EXISTS work (
  stage TEXT, seq INT, job TEXT, run INT, state TEXT, priority INT, attempts INT DEFAULT 0, waits INT DEFAULT 0,
  not_before REAL DEFAULT 0, since REAL, seconds REAL DEFAULT 0, PRIMARY KEY (stage, seq)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS next_work ON work (stage, state, priority, seq);
CREATE TABLE IF NOT EXISTS attempts (
  stage TEXT, seq INT, number INT, began REAL, ended REAL, outcome TEXT,
  PRIMARY KEY (stage, seq, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contexts (seq INTEGER PRIMARY KEY, traceparent TEXT);
CREATE TABLE IF NOT EXISTS jobs (job TEXT PRIMARY KEY, status BLOB);
"""
READY, DOING, DONE = "ready", "doing", "done"
Carry = Callable[[], Mapping[str, str]]


@dataclass(frozen=True)
class Item:
    """A fact as one stage's work; ``attempts`` begun before this one, ``since`` when it was made (seconds).

    ``traceparent``: the trace context that the fact was said in.
    """

    seq: int
    event: Event
    attempts: int
    waits: int
    since: float
    traceparent: str | None = None


@dataclass(frozen=True)
class Timing:
    """One attempt of a stage at one fact, in seconds since 1970; ``outcome`` is ``done`` or why it was not."""

    stage: str
    event: Event
    since: float
    number: int
    began: float | None
    ended: float | None
    outcome: str | None


class Journal:
    """Thread-safe. ``takers`` says which stages take a wire type; ``fold`` keeps the state of jobs."""

    def __init__(self, path: Path, takers: dict[str, list[str]], fold: Callable[[JobStatus, Event], JobStatus]) -> None:
        self._takers, self._fold = takers, fold
        self.changed, self.generation = threading.Condition(), 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"the journal can't be opened: {error}", "check the folder given by --store") from error

    def close(self) -> None:
        """Close the file; further calls fail."""
        with self.changed:
            self._db.close()

    def recover(self) -> None:
        """Work that a dead process had begun is ready again; its attempt stays counted."""
        with self._transaction():
            self._db.execute("UPDATE work SET state = ? WHERE state = ?", (READY, DOING))
            self._db.execute("UPDATE attempts SET outcome='killed' WHERE ended IS NULL AND outcome IS NULL")

    def begin(self, status: JobStatus) -> None:
        """Note a new job, or a new run of one."""
        with self._transaction():
            self._save(status)

    def publish(
        self,
        events: Iterable[Event],
        *,
        now: float,
        done: tuple[str, int] | None = None,
        carry: Carry = dict,
        outcome: str = DONE,
    ) -> list[Event]:
        """Write facts and the work they make; with ``done`` also end the item they came from, as ``outcome`` says.

        ``carry`` is asked for the trace context of each new one; those are returned.
        """
        with self._transaction():
            new = [event for event in events if self._insert(event, now, carry)]
            if done:
                self._end(*done, now, outcome)
                self._db.execute("UPDATE work SET state=? WHERE stage=? AND seq=?", (DONE, *done))
            self._tell()
        return new

    def take(self, stage: str, limit: int, *, now: float, ordered: bool) -> list[Item]:
        """Up to ``limit`` items to work on; for an ordered stage never past one of the same job that waits."""
        earlier = "SELECT 1 FROM work o WHERE o.stage=w.stage AND o.job=w.job AND o.seq<w.seq AND o.state<>'done'"
        hold = f"AND NOT EXISTS ({earlier})" if ordered else ""
        with self._transaction():
            rows = self._db.execute(
                "SELECT w.seq, f.type, f.value, w.attempts, w.waits, w.since, c.traceparent"  # noqa: S608
                " FROM work w JOIN facts f USING (seq) LEFT JOIN contexts c USING (seq)"
                f" WHERE w.stage=? AND w.state='ready' AND w.not_before<=? {hold}"
                " ORDER BY w.priority, w.seq LIMIT ?",
                (stage, now, limit),
            ).fetchall()
            for row in rows:
                self._db.execute(
                    "UPDATE work SET state='doing', attempts=attempts+1 WHERE stage=? AND seq=?", (stage, row[0])
                )
                self._db.execute(
                    "INSERT INTO attempts (stage, seq, number, began) VALUES (?,?,?,?)",
                    (stage, row[0], row[3] + row[4] + 1, now),
                )
        return [Item(row[0], envelope.parse(row[1], row[2]), *row[3:]) for row in rows]

    def put_back(self, stage: str, seq: int, *, now: float, not_before: float, waited: bool, outcome: str) -> None:
        """Try again later; waiting for a service uses up no attempt. ``outcome``: the code of what went wrong."""
        with self._transaction():
            self._end(stage, seq, now, outcome)
            self._db.execute(
                "UPDATE work SET state='ready', not_before=?, attempts=attempts-?, waits=waits+?"
                " WHERE stage=? AND seq=?",
                (not_before, int(waited), int(waited), stage, seq),
            )
            self._tell()

    def discard(self, job: str, run: int) -> None:
        """Drop the work that nobody has begun for a run that ended, and those before it."""
        with self._transaction():
            self._db.execute("UPDATE work SET state='done' WHERE job=? AND run<=? AND state='ready'", (job, run))
            self._tell()

    def erase(self, job: str) -> None:
        """Forget a job and all that was said about it."""
        of_job = "SELECT seq FROM facts WHERE job=?"
        with self._transaction():
            for table in ("attempts", "contexts"):
                self._db.execute(f"DELETE FROM {table} WHERE seq IN ({of_job})", (job,))  # noqa: S608
            for table in ("work", "facts", "jobs"):
                self._db.execute(f"DELETE FROM {table} WHERE job=?", (job,))  # noqa: S608

    def open_work(self, jobs: Sequence[str]) -> int:
        """Items of these jobs that are not done."""
        marks = ",".join("?" * len(jobs))
        return int(self._one(f"SELECT count(*) FROM work WHERE state<>'done' AND job IN ({marks})", *jobs))  # noqa: S608

    def next_due(self, stage: str) -> float | None:
        """When the earliest waiting item of a stage may be tried."""
        found = self._one("SELECT min(not_before) FROM work WHERE stage=? AND state='ready'", stage)
        return None if found is None else float(found)

    def queued(self, stage: str) -> list[Event]:
        """The facts that wait before a stage, or are in its hands."""
        with self.changed:
            rows = self._db.execute(
                "SELECT type, value FROM work JOIN facts USING (seq) WHERE stage=? AND state<>'done'", (stage,)
            ).fetchall()
        return [envelope.parse(kind, value) for kind, value in rows]

    def status(self, job: str) -> JobStatus | None:
        """The job as it stands."""
        found = self._one("SELECT status FROM jobs WHERE job=?", job)
        return JobStatus.model_validate_json(found) if found else None

    def latest(self) -> str | None:
        """The job that something happened to last."""
        found = self._one("SELECT job FROM jobs ORDER BY rowid DESC LIMIT 1")
        return None if found is None else str(found)

    def statuses(self) -> list[JobStatus]:
        """All jobs as they stand."""
        with self.changed:
            rows = self._db.execute("SELECT status FROM jobs").fetchall()
        return [JobStatus.model_validate_json(row[0]) for row in rows]

    def said(self, job: str, run: int, after: int) -> list[tuple[int, Event]]:
        """What was said about one run after a place in the journal, with places."""
        with self.changed:
            rows = self._db.execute(
                "SELECT seq, type, value FROM facts WHERE job=? AND run=? AND seq>? ORDER BY seq", (job, run, after)
            ).fetchall()
        return [(row[0], envelope.parse(row[1], row[2])) for row in rows]

    def facts(self, job: str, run: int) -> Iterator[Event]:
        """Everything said about one run of a job, in order."""
        with self.changed:
            rows = self._db.execute(
                "SELECT type, value FROM facts WHERE job=? AND run=? ORDER BY seq", (job, run)
            ).fetchall()
        return (envelope.parse(kind, value) for kind, value in rows)

    def timings(self, job: str, run: int) -> list[Timing]:
        """Every attempt of every stage at the facts of one run, and what has not been begun, in order of making."""
        with self.changed:
            rows = self._db.execute(
                "SELECT w.stage, f.type, f.value, w.since, a.number, a.began, a.ended, a.outcome"
                " FROM work w JOIN facts f USING (seq) LEFT JOIN attempts a USING (stage, seq)"
                " WHERE w.job=? AND w.run=? ORDER BY w.seq, w.stage, a.number",
                (job, run),
            ).fetchall()
        return [Timing(row[0], envelope.parse(row[1], row[2]), row[3], row[4] or 0, *row[5:]) for row in rows]

    def _insert(self, event: Event, now: float, carry: Carry) -> bool:
        kind = event.wire_type()
        row = self._db.execute(
            "INSERT OR IGNORE INTO facts (id, type, job, run, value) VALUES (?,?,?,?,?) RETURNING seq",
            (event.id, kind, event.job, event.run, envelope.value(event)),
        ).fetchone()
        if row is None:
            return False
        for stage in self._takers.get(kind, ()):
            self._db.execute(
                "INSERT INTO work (stage, seq, job, run, state, priority, since) VALUES (?,?,?,?,?,?,?)",
                (stage, row[0], event.job, event.run, READY, _priority(event), now),
            )
        if context := carry().get(TRACEPARENT):
            self._db.execute("INSERT OR REPLACE INTO contexts VALUES (?,?)", (row[0], context))
        before = self._status(event.job)
        if before and (after := self._fold(before, event)) is not before:
            self._save(after)
        return True

    def _end(self, stage: str, seq: int, now: float, outcome: str) -> None:
        """Of the attempt that is being made."""
        number = "(SELECT attempts+waits FROM work WHERE stage=? AND seq=?)"
        self._db.execute(
            f"UPDATE attempts SET ended=?, outcome=? WHERE stage=? AND seq=? AND number={number}",  # noqa: S608
            (now, outcome, stage, seq, stage, seq),
        )

    def _status(self, job: str) -> JobStatus | None:
        row = self._db.execute("SELECT status FROM jobs WHERE job=?", (job,)).fetchone()
        return JobStatus.model_validate_json(row[0]) if row else None

    def _save(self, status: JobStatus) -> None:
        self._db.execute("INSERT OR REPLACE INTO jobs VALUES (?,?)", (status.job, status.model_dump_json()))

    def _one(self, query: str, *values: object) -> Any:
        with self.changed:
            row = self._db.execute(query, values).fetchone()
        return row[0] if row else None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self.changed:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._rollback()
                raise Unavailable(f"the journal can't be written: {error}", "free some disk space") from error
            except BaseException:
                self._rollback()
                raise

    def _tell(self) -> None:
        self.generation += 1
        self.changed.notify_all()

    def _rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


def _priority(event: Event) -> int:
    """The first minutes of each job go first, so that a short upload never waits for a long one."""
    return int(isinstance(event, SpeechFound) and not first_minutes(event))
