"""Where speech is cut: numbers in, numbers out. Knows frames (512 samples, 32 ms) and probabilities, nothing else.

A chunk opens with speech and closes at a pause that is long enough, or, at the pack's limit, at the best silence
in its second half. Whatever has not been decided is carried in ``Open`` to the next part, so cutting a lecture in
parts changes nothing. Thresholds 0.5/0.35 are Silero's own defaults.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

FRAME_SECONDS: Final = 512 / 16_000
SPEECH, SILENCE = 0.5, 0.35
PAD: Final = 7
"""Frames (0.22 s) kept on both sides of speech: word onsets are quiet."""
PAUSE: Final = 16
"""Frames (0.5 s) of silence that close a chunk which is nearly full."""
NEARLY_FULL: Final = 0.8
"""Of the limit. Whisper pads each chunk to 30 s, so half-empty ones cost double: 35 chunks for 10 min of talk when a
pause closed at half of the limit, 23 at 0.8."""
LONG_PAUSE: Final = 0.3
"""Of the limit: silence so long closes any chunk."""
MIN_SPEECH: Final = 4
"""Frames (0.13 s) of speech a chunk needs; less is a click."""


@dataclass(frozen=True)
class Chunk:
    """Frames ``start`` to ``end`` (exclusive), with the runs of speech in it."""

    start: int
    end: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Open:
    """What is still undecided after ``frame`` frames: the open chunk's start and its probabilities so far."""

    frame: int = 0
    floor: int = 0
    start: int | None = None
    probabilities: tuple[float, ...] = field(default=())


def cut(state: Open, probabilities: Sequence[float], limit: int) -> tuple[list[Chunk], Open]:
    """The chunks that close within ``probabilities`` (limit in frames), and what stays open."""
    chunks: list[Chunk] = []
    queue = list(probabilities)
    while queue:
        state, chunk, queue = _feed(state, queue, limit)
        if chunk is not None:
            chunks.append(chunk)
    return [chunk for chunk in chunks if _is_speech(chunk)], state


def close(state: Open, limit: int) -> list[Chunk]:
    """The last chunk, when no more audio comes."""
    if state.start is None:
        return []
    chunk = _chunk(state.start, list(state.probabilities), state.frame, limit)
    return [chunk] if _is_speech(chunk) else []


def _feed(state: Open, queue: list[float], limit: int) -> tuple[Open, Chunk | None, list[float]]:
    """Take frames until a chunk closes or the queue is empty; a cut gives back the frames after it."""
    if state.start is None:
        return _await_speech(state, queue)
    start, seen = state.start, list(state.probabilities)
    quiet = _quiet_tail(seen)
    for taken, probability in enumerate(queue, 1):
        seen.append(probability)
        quiet = quiet + 1 if probability < (SPEECH if quiet else SILENCE) else 0
        pause = quiet >= LONG_PAUSE * limit or (quiet >= PAUSE and len(seen) >= NEARLY_FULL * limit)
        if pause or len(seen) >= limit:
            keep = len(seen) if pause else best_cut(seen)
            chunk = _chunk(start, seen[:keep], start + keep, limit)
            after = Open(frame=start + keep, floor=chunk.end)
            return after, chunk, seen[keep:] + queue[taken:]
    return replace(state, frame=state.frame + len(queue), probabilities=tuple(seen)), None, []


def _await_speech(state: Open, queue: list[float]) -> tuple[Open, Chunk | None, list[float]]:
    for position, probability in enumerate(queue):
        if probability >= SPEECH:
            onset = state.frame + position
            start = max(state.floor, onset - PAD)
            lead = (0.0,) * (onset - start)
            return replace(state, frame=onset, start=start, probabilities=lead), None, queue[position:]
    return replace(state, frame=state.frame + len(queue)), None, []


def best_cut(seen: Sequence[float]) -> int:
    """Where to cut a chunk that is full: the quietest quarter second of its second half, the later of equals."""
    half, reach = len(seen) // 2, 4
    costs = {
        at: round(sum(seen[max(0, at - reach) : at + reach]) / (2 * reach), 1)
        for at in range(half, len(seen) - reach + 1)
    }
    return min(costs, key=lambda at: (costs[at], -at))


def _quiet_tail(seen: Sequence[float]) -> int:
    quiet = 0
    for probability in reversed(seen):
        if probability >= SPEECH or (probability >= SILENCE and quiet == 0):
            return quiet
        quiet += 1
    return quiet


def _chunk(start: int, seen: list[float], frame: int, limit: int) -> Chunk:
    spans = tuple((start + a, start + b) for a, b in _runs(seen))
    end = min(spans[-1][1] + PAD, frame, start + limit) if spans else start
    return Chunk(start, end, spans)


def _runs(seen: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Runs of speech with hysteresis: begins at 0.5, ends below 0.35."""
    begin: int | None = None
    for at, probability in enumerate(seen):
        if begin is None and probability >= SPEECH:
            begin = at
        elif begin is not None and probability < SILENCE:
            yield begin, at
            begin = None
    if begin is not None:
        yield begin, len(seen)


def _is_speech(chunk: Chunk) -> bool:
    return sum(end - start for start, end in chunk.spans) >= MIN_SPEECH
