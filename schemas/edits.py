"""What a person changed: the cues of one language of a job, kept apart from what was made (bucket ``state``)."""

from typing import Final

from schemas.base import Model
from schemas.cues import Cue

STATE: Final = "state"


class EditRecord(Model):
    """All cues of the language, as they are to be shown."""

    language: str
    cues: tuple[Cue, ...]
    edited: str


def edit_key(tenant: str, job: str, language: str) -> str:
    """Where it stands."""
    return f"edits/{tenant}/{job}/{language}"
