"""Progress on standard error: audio seconds with the time left, and the first cues as they come."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from schemas.events import Event, SpeechTranscribed
from schemas.jobs import JobStatus

FIRST_CUES = 5
LINE_EVERY = 10.0
"""Seconds between lines where there is no terminal."""


class Progress:
    """Bars on a terminal, a line now and then elsewhere."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._now, self._last = stream, now, now()
        self._cues: dict[str, int] = {}
        self._first: dict[str, tuple[float, float]] = {}
        self._bars = _bars(stream, now) if stream.isatty() else None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Leave the terminal as it was."""
        if self._bars:
            self._bars.stop()

    def heard(self, event: Event) -> None:
        """Show the first cues of each job."""
        if not isinstance(event, SpeechTranscribed):
            return
        for segment in event.segments:
            shown = self._cues.get(event.job, 0)
            if shown < FIRST_CUES:
                self._cues[event.job] = shown + 1
                self._line(f"  {clock(segment.start)}  {printable(segment.text)}")

    def show(self, statuses: Sequence[JobStatus]) -> None:
        """Update the bars, or print a line every ten seconds."""
        now = self._now()
        for status in statuses:
            self._first.setdefault(status.job, (now, status.progress))
            if self._bars:
                self._bar(self._bars, status)
        if not self._bars and now - self._last >= LINE_EVERY:
            self._last = now
            for status in statuses:
                if not status.ended:
                    rest = left(status.progress, now, *self._first[status.job])
                    self._line(f"  {_name(status)}: {status.progress:.0%} {_amount(status)} {status.stage}{rest}")

    def _bar(self, bars: Any, status: JobStatus) -> None:
        if status.job not in self._tasks:
            self._tasks[status.job] = bars.add_task(_name(status), total=1.0, amount="")
        amount = f"{_amount(status)}  {status.state if status.ended else status.stage}"
        bars.update(self._tasks[status.job], completed=status.progress, amount=amount)

    def _line(self, text: str) -> None:
        if self._bars:
            self._bars.console.print(text, markup=False, highlight=False)
        else:
            self._stream.write(text + "\n")
            self._stream.flush()


def left(progress: float, now: float, began: float, before: float) -> str:
    """The time left at the pace since ``began``, when ``before`` was done already; nothing while there is no pace."""
    done, seconds = progress - before, now - began
    return f", {clock(seconds * (1 - progress) / done)} left" if done > 0 else ""


def _bars(stream: TextIO, now: Callable[[], float]) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        "{task.description}",
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[amount]}"),
        TimeRemainingColumn(),
    )
    return Bars(*columns, console=Console(file=stream), get_time=now)


def _name(status: JobStatus) -> str:
    return printable(Path(status.source.get("key", status.job)).name)


def _amount(status: JobStatus) -> str:
    total = status.duration or status.audio_seconds
    return f"{clock(status.transcribed_seconds)} of {clock(total)}"


def clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def printable(text: str) -> str:
    """No control characters reach the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
