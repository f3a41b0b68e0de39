"""Where artefacts stand: ``work/<source>/<stage>/<recipe>/<slot>``, the recipe derived from all that decides the bytes.

A recipe names its own parameters and the recipe of what it is made from, and never the job, the run or the time:
a re-run, or another job about the same bytes, finds what has not changed (DESIGN §4.1). Raise a stage's number in
``VERSIONS`` when its output changes for the same inputs.
"""

from typing import Any, Final

from schemas.base import SAMPLE_RATE
from schemas.cues import SubtitleFormat
from schemas.ids import derive
from schemas.plan import Plan

WORK: Final = "work"
RESULTS: Final = "results"
PART_SAMPLES: Final = 60 * SAMPLE_RATE
"""A part is 60 s: 1,875 whole frames of the voice detector, 1.9 MB."""
BLOCK_CHUNKS: Final = 8
VERSIONS: Final = {"demux": 1, "chunk": 2, "identify": 1, "transcribe": 1, "assemble": 1, "translate": 1, "subtitle": 1}


def of_source(plan: Plan) -> str:
    """What the names of all artefacts about these bytes begin with."""
    return f"{plan.source.id}/"


def _place(plan: Plan, stage: str, *ingredients: Any) -> str:
    return f"{of_source(plan)}{stage}/{derive(stage, VERSIONS[stage], *ingredients)}"


def audio(plan: Plan) -> str:
    """Decoded parts and ``end``. The language wish decides which track is taken."""
    return _place(plan, "demux", plan.track, plan.source_language, PART_SAMPLES)


def speech(plan: Plan) -> str:
    """Chunks, the voice detector's state after each part, and ``end``."""
    return _place(plan, "chunk", audio(plan), plan.chunk_seconds)


def spoken(plan: Plan) -> str:
    """Language windows and the decision."""
    return _place(plan, "identify", speech(plan), plan.source_language, plan.asr.revision, plan.asr.sha256)


def heard(plan: Plan, language: str) -> str:
    """Recognised chunks."""
    return _place(plan, "transcribe", speech(plan), language, plan.asr.revision, plan.asr.sha256)


def written(plan: Plan, language: str) -> str:
    """Sentence blocks, ``end`` and the transcript."""
    return _place(plan, "assemble", heard(plan, language), BLOCK_CHUNKS)


def translated(plan: Plan, language: str, target: str) -> str:
    """Translated blocks."""
    mt = (plan.mt.revision, plan.mt.sha256) if plan.mt else ()
    return _place(plan, "translate", written(plan, language), target, *mt)


def shown(plan: Plan, language: str, target: str) -> str:
    """Subtitle files and their account; the transcript's own when ``target`` is the spoken language."""
    made_from = written(plan, language) if target == language else translated(plan, language, target)
    return _place(plan, "subtitle", made_from, target, plan.profile, sorted(plan.formats))


def slot(place: str, index: int) -> str:
    """The artefact of the ``index``-th item."""
    return f"{place}/{index:06d}.json"


def lost(key: str, plan: Plan) -> str:
    """The mark that an item was given up on, for this job and run alone: the next run tries again."""
    return f"{key}.lost.{plan.job}.{plan.run}"


def of_run(key: str, plan: Plan) -> str:
    """The same artefact made with something missing: valid for this run of this job alone."""
    return f"{key}.of.{plan.job}.{plan.run}"


def part_key(plan: Plan, index: int) -> str:
    """Where a part's samples stand (s16le, mono, 16 kHz)."""
    return f"{audio(plan)}/{index:06d}.pcm"


def end(place: str) -> str:
    """Where a stage keeps the count that ends its stream."""
    return f"{place}/end.json"


def plan_key(tenant: str, job: str, run: int) -> str:
    """The frozen plan in the bucket ``results``."""
    return f"{tenant}/{job}/plan.json" if run == 0 else f"{tenant}/{job}/plan.{run}.json"


def refused_key(tenant: str, job: str) -> str:
    """The mark of an upload that could not be planned, in the bucket ``results``."""
    return f"{tenant}/{job}/refused.json"


def stop_key(tenant: str, job: str, action: str, run: int) -> str:
    """The mark of a run that was cancelled, or of a job that was deleted, in the bucket ``results``."""
    return f"{tenant}/{job}/deleted.json" if action == "delete" else f"{tenant}/{job}/cancelled.{run}.json"


def report_key(plan: Plan) -> str:
    """The report in the bucket ``results``."""
    return f"{plan.tenant}/{plan.job}/result.json"


def result_key(plan: Plan, language: str, file_format: SubtitleFormat) -> str:
    """A subtitle file in the bucket ``results`` (CONTRACT §2)."""
    return f"{plan.tenant}/{plan.job}/{plan.stem}.{language}.{file_format}"
