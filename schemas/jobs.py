"""What anyone may know about a job while it runs (``media.jobs``, CONTRACT §3)."""

from typing import Literal

from schemas.base import Model, Probability, Seconds
from schemas.errors import ErrorInfo

JobState = Literal["queued", "running", "done", "partial", "failed", "cancelled"]
LanguageState = Literal["waiting", "running", "done", "partial", "failed"]
ENDED: frozenset[str] = frozenset({"done", "partial", "failed", "cancelled"})


class JobStatus(Model):
    """One job as it stands; written by one stage only, never goes backwards within a run."""

    job: str
    run: int = 0
    tenant: str = "default"
    source: dict[str, str] = {}
    state: JobState = "queued"
    progress: Probability = 0.0
    stage: str = "accept"
    audio_seconds: Seconds = 0.0
    duration: Seconds | None = None
    transcribed_seconds: Seconds = 0.0
    languages: dict[str, str] = {}
    error: ErrorInfo | None = None
    created: str = ""
    updated: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of this run."""
        return self.state in ENDED
