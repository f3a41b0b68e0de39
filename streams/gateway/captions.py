"""The subtitles of one language as they are shown: what a person edited, else the file of the newest run.

A format that was not made is made from the other: both say the same.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Path

from processors.recipes import RESULTS, plan_key, result_key
from processors.runs import highest
from processors.text import subtitle_files
from schemas.cues import Cue, SubtitleFormat
from schemas.edits import EditRecord, edit_key
from schemas.errors import BadInput, NotFound
from schemas.jobs import JobStatus
from schemas.languages import canonical
from schemas.plan import Plan
from streams.gateway.site import Site

FORMATS: Final[dict[SubtitleFormat, str]] = {
    "srt": "application/x-subrip; charset=utf-8", "vtt": "text/vtt; charset=utf-8"
}  # fmt: skip
Language = Annotated[
    str, Path(description="A language of the job, as fr or pt-BR.", max_length=40, pattern="^[A-Za-z0-9_-]+$")
]


@dataclass(frozen=True)
class Captions:
    """``made``: the files that stand. ``tag``: of the edit, if there is one."""

    plan: Plan
    language: str
    made: dict[SubtitleFormat, bytes]
    edited: tuple[Cue, ...] | None = None
    tag: str = ""

    @property
    def stem(self) -> str:
        """The first part of a file's name."""
        return self.plan.stem

    @property
    def cues(self) -> list[Cue]:
        """What is shown."""
        return list(self.edited) if self.edited is not None else self.made_cues

    @property
    def made_cues(self) -> list[Cue]:
        """What the files say."""
        form, data = next(iter(self.made.items()))
        return subtitle_files.read(data, form)

    def file(self, form: SubtitleFormat) -> bytes:
        """The file in that format."""
        if self.edited is None and form in self.made:
            return self.made[form]
        return subtitle_files.write(self.cues, form, self.language)


def captions(status: JobStatus, language: str, here: Site) -> Captions:
    """On a worker thread. Raises NotFound while there are none."""
    store, tag = here.backend.bench.store, known(language)
    run = highest(store, status.tenant, status.job)
    if run is None or tag not in status.languages:
        raise NotFound(f"there are no subtitles in {tag}", "see the job's languages")
    plan = Plan.model_validate_json(store.get(RESULTS, plan_key(status.tenant, status.job, run)))
    made: dict[SubtitleFormat, bytes] = {}
    for form in FORMATS:
        try:
            made[form] = store.get(RESULTS, result_key(plan, tag, form))
        except NotFound:
            continue
    if not made:
        raise NotFound(f"there are no subtitles in {tag} yet", "wait for them: see the job's languages")
    kept = here.state.get(edit_key(status.tenant, status.job, tag))
    if kept is None:
        return Captions(plan, tag, made)
    return Captions(plan, tag, made, EditRecord.model_validate_json(kept.data).cues, kept.tag)


def known(language: str) -> str:
    """The tag in its usual case. Raises NotFound for what is no language."""
    try:
        return canonical(language)
    except BadInput:
        raise NotFound("there are no subtitles in that language", "see the job's languages") from None
