"""identify: the spoken language, decided once per job, by a rule that gives the same answer again.

Windows of at least 5 s of speech in order of time; stop at the first whose best language has p >= 0.90; at most
three; then the best mean. Chunks wait until the decision stands; a given language passes straight through.
"""

from collections.abc import Iterator

from processors import recipes
from processors.artefacts import keep, load, need, once
from processors.bench import Bench
from processors.recipes import slot
from processors.sound import samples
from processors.stage import Stage
from schemas.events import Event, SpeechCut, SpeechEnded, SpeechFound, SpeechIdentified
from schemas.plan import Plan
from schemas.records import ChunkRecord, LanguageRecord, WindowRecord

SURE, WINDOWS, WINDOW_SECONDS = 0.90, 3, 5.0
KEPT = 5
"""Languages of a window that are kept in its record."""


def decision_key(plan: Plan) -> str:
    """Where the decision stands."""
    return f"{recipes.spoken(plan)}/language.json"


def decision(plan: Plan, bench: Bench) -> LanguageRecord | None:
    """The language of the job, given or decided; None while it is open."""
    if plan.source_language != "auto":
        return LanguageRecord(language=plan.source_language, probability=1.0)
    return load(bench, decision_key(plan), LanguageRecord)


def identify(event: SpeechCut | SpeechEnded, bench: Bench) -> Iterator[Event]:
    """Each chunk with its language; the chunk that settles it brings those that waited along."""
    plan = bench.plan_of(event)
    found = decision(plan, bench)
    if isinstance(event, SpeechCut):
        found = found or _decide(plan, event.index, bench)
        if found is not None:
            yield from _found(event, plan, _released(plan, found, event.index), found, bench)
        return
    if found is None or (plan.source_language == "auto" and found.decided_at is None):
        found = found or keep(
            bench, decision_key(plan), _settle(_windows(plan, event.count - 1, bench, final=True), None)
        )
        yield from _found(event, plan, range(event.count), found, bench)
    yield SpeechIdentified(
        job=event.job, run=event.run, tenant=event.tenant,
        count=event.count, duration=event.duration, language=found.language,
    )  # fmt: skip


def _released(plan: Plan, found: LanguageRecord, index: int) -> range:
    """Which chunks chunk ``index`` lets go: itself, or at the deciding one all up to it; the end brings the others."""
    if plan.source_language != "auto":
        return range(index, index + 1)
    if found.decided_at is None or index < found.decided_at:
        return range(0)
    return range(index + 1) if index == found.decided_at else range(index, index + 1)


def _decide(plan: Plan, index: int, bench: Bench) -> LanguageRecord | None:
    windows = _windows(plan, index, bench, final=False)
    if windows and windows[-1].last == index and (_sure(windows[-1]) or len(windows) == WINDOWS):
        return keep(bench, decision_key(plan), _settle(windows, index))
    return None


def _sure(window: WindowRecord) -> bool:
    return max(window.probabilities.values(), default=0.0) >= SURE


def _settle(windows: list[WindowRecord], at: int | None) -> LanguageRecord:
    """The best mean; without any speech the language stays unknown (``und``)."""
    if not windows:
        return LanguageRecord(language="und", probability=0.0, decided_at=at)
    deciding = [windows[-1]] if _sure(windows[-1]) else windows
    tags = {tag for window in deciding for tag in window.probabilities}
    mean = {tag: sum(window.probabilities.get(tag, 0.0) for window in deciding) / len(deciding) for tag in tags}
    best = min(mean, key=lambda tag: (-mean[tag], tag))
    return LanguageRecord(language=best, probability=mean[best], decided_at=at, windows=tuple(windows))


def _windows(plan: Plan, until: int, bench: Bench, *, final: bool) -> list[WindowRecord]:
    """The windows that end at or before chunk ``until``, at most three; a short rest counts only at the end."""
    windows: list[WindowRecord] = []
    pending: list[ChunkRecord] = []
    for index in range(until + 1):
        chunk = need(bench, slot(recipes.speech(plan), index), ChunkRecord)
        pending.append(chunk)
        long_enough = sum(end - start for each in pending for start, end in each.spans) >= WINDOW_SECONDS
        if long_enough or (final and index == until):
            windows.append(_window(plan, pending, bench))
            pending = []
            if len(windows) == WINDOWS or _sure(windows[-1]):
                break
    return windows


def _window(plan: Plan, chunks: list[ChunkRecord], bench: Bench) -> WindowRecord:
    key = f"{recipes.spoken(plan)}/window/{chunks[0].index:06d}-{chunks[-1].index:06d}.json"
    return once(bench, key, WindowRecord, lambda: _listen(plan, chunks, bench))


def _listen(plan: Plan, chunks: list[ChunkRecord], bench: Bench) -> WindowRecord:
    import numpy as np

    began = bench.clock()
    audio = np.concatenate([samples(plan, chunk.start, chunk.end, bench) for chunk in chunks])
    likely = sorted(bench.engines.recogniser().languages_of(audio).items(), key=lambda pair: (-pair[1], pair[0]))
    return WindowRecord(
        first=chunks[0].index, last=chunks[-1].index, probabilities=dict(likely[:KEPT]), seconds=bench.clock() - began
    )


def _found(
    event: SpeechCut | SpeechEnded, plan: Plan, indexes: range, found: LanguageRecord, bench: Bench
) -> Iterator[SpeechFound]:
    for index in indexes:
        chunk = need(bench, slot(recipes.speech(plan), index), ChunkRecord)
        yield SpeechFound(
            job=event.job, run=event.run, tenant=event.tenant, index=index,
            start=chunk.start, end=chunk.end, language=found.language,
        )  # fmt: skip


STAGE = Stage(
    name="identify",
    takes=(SpeechCut, SpeechEnded),
    gives=(SpeechFound, SpeechIdentified),
    run=identify,
    ordered=True,
    can_crash=True,
    engine="recogniser",
)
