"""What a job's end is to whoever waits for it: one line where something was wrong, and the contract's exit code."""

import pytest

from schemas.errors import Cancelled, ErrorInfo
from schemas.jobs import JobState, JobStatus
from streams.commands.delivery import tell


def status(state: JobState, code: str | None) -> JobStatus:
    error = ErrorInfo(code=code, message="made up", remedy="nothing") if code else None
    return JobStatus(job="j", run=0, tenant="default", state=state, source={"key": "a/talk.mp4"}, error=error)


@pytest.mark.parametrize(
    ("state", "error", "code", "line"),
    [
        ("done", None, 0, ""),
        ("partial", None, 4, "warning: 'talk.mp4' could not be used as a whole; see the report\n"),
        ("partial", "unknown_language", 4,
         "warning: 'talk.mp4' could not be used as a whole (unknown_language: made up - nothing); see the report\n"),
        ("partial", "crashed", 4,
         "warning: 'talk.mp4' could not be used as a whole (crashed: made up - nothing); see the report\n"),
        ("failed", "truncated", 3, "error: truncated: 'talk.mp4': made up - nothing\n"),
        ("failed", "settings", 2, "error: settings: 'talk.mp4': made up - nothing\n"),
        ("failed", "internal", 1, "error: internal: 'talk.mp4': made up - nothing\n"),
    ],
)  # fmt: skip
def test_the_state_decides_and_the_error_says_why(
    state: JobState, error: str | None, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(status(state, error)) == code
    assert capsys.readouterr().err == line


def test_a_cancelled_job_is_an_error_of_its_own_that_the_command_line_says_once() -> None:
    with pytest.raises(Cancelled, match="talk") as caught:
        tell(status("cancelled", "cancelled"))
    assert caught.value.exit_code == 130
