"""What a person sees while a run goes on: audio seconds, the time left, the first cues; on a terminal and elsewhere."""

from dataclasses import dataclass, field
from io import StringIO

from schemas.events import SpeechTranscribed
from schemas.jobs import JobStatus
from schemas.transcript import Segment
from streams.commands.progress import FIRST_CUES, LINE_EVERY, Progress, left


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Screen:
    """Progress on a stream, and time that is told."""

    stream: StringIO = field(default_factory=StringIO)
    now: float = 100.0

    def __post_init__(self) -> None:
        self.progress = Progress(self.stream, lambda: self.now)

    def show(self, done: float, after: float = 0.0, **facts: object) -> list[str]:
        """What is new on the screen when this much is done ``after`` seconds more."""
        before, self.now = len(self.stream.getvalue()), self.now + after
        told = {"duration": 120.0, "transcribed_seconds": 120.0 * done, "stage": "transcribe", "state": "running"}
        source = {"key": "/home/me/talk.mp4"}
        self.progress.show(
            [JobStatus.model_validate({"job": "j", "source": source, "progress": done, **told, **facts})]
        )
        return self.stream.getvalue()[before:].splitlines()


def heard(*texts: str, job: str = "j", start: float = 61.5) -> SpeechTranscribed:
    segments = tuple(Segment(start=start + at, end=start + at + 1, text=text) for at, text in enumerate(texts))
    return SpeechTranscribed(job=job, index=0, start=start, end=start + 9, language="en", segments=segments)


def test_a_line_now_and_then_says_how_many_audio_seconds_are_done_and_the_time_left() -> None:
    screen = Screen()
    assert screen.show(0.0) == [] == screen.show(0.2, after=LINE_EVERY - 1)
    assert screen.show(0.25, after=1) == ["  talk.mp4: 25% 00:30 of 02:00 transcribe, 00:30 left"]
    assert screen.show(0.5, after=1) == []
    assert screen.show(0.5, after=LINE_EVERY) == ["  talk.mp4: 50% 01:00 of 02:00 transcribe, 00:21 left"]


def test_a_run_that_goes_on_is_judged_by_what_it_did_itself() -> None:
    assert left(0.9, now=10, began=0, before=0.8) == ", 00:10 left"
    assert left(0.8, now=10, began=0, before=0.8) == ""


def test_a_job_that_has_ended_has_no_line() -> None:
    assert Screen().show(1.0, after=LINE_EVERY, state="done") == []


def test_the_first_cues_of_each_job_are_shown_as_they_come() -> None:
    screen = Screen()
    screen.progress.heard(heard("One.", "Two."))
    assert screen.stream.getvalue() == "  01:01  One.\n  01:02  Two.\n"
    for event in (heard(*"345678"), heard("else", job="k", start=3700)):
        screen.progress.heard(event)
    lines = screen.stream.getvalue().splitlines()
    assert len(lines) == FIRST_CUES + 1 and lines[-1] == "  1:01:40  else"


def test_a_terminal_has_a_bar_with_the_same_and_the_cues_above_it() -> None:
    screen = Screen(Terminal())
    with screen.progress:
        screen.show(0.25)
        screen.show(0.5, after=10)
        screen.progress.heard(heard("One."))
    seen = screen.stream.getvalue()
    last = next(line for line in reversed(seen.splitlines()) if "talk.mp4" in line)
    assert all(word in last for word in ("talk.mp4", "50%", "01:00 of 02:00", "transcribe", "0:00:20"))
    assert "  01:01  One." in seen


def test_no_control_characters_reach_the_terminal() -> None:
    screen = Screen()
    screen.progress.heard(heard("\x1b[2Jred\x07"))
    screen.show(0.1, after=LINE_EVERY, source={"key": "a\x1bb\n.mp4"})
    assert screen.stream.getvalue().splitlines() == ["  01:01  ?[2Jred?", "  a?b?.mp4: 10% 00:12 of 02:00 transcribe"]
