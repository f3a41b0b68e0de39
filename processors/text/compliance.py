"""What a reader could complain about: cues measured against a profile.

Shares no code with the layout, so that it catches the layout's mistakes too. Times are compared in whole
milliseconds, as files hold them.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.cues import Cue, Profile, Violation

HARD: Final = frozenset({"empty", "order", "media_end", "lines", "line_characters", "overlap", "gap"})
"""Rules that hold for any input (CONTRACT §6); a violation of one is a bug."""


def violations(cues: Sequence[Cue], profile: Profile, language: str, media_end: float) -> list[Violation]:
    """Everything that ``cues`` do not meet, in their order; ``media_end`` in seconds."""
    speed = profile.speed_limit(language)
    found: list[Violation] = []
    for index, cue in enumerate(cues):
        found += _of_text(index + 1, cue, profile)
        found += _of_time(index + 1, cue, profile, speed, media_end)
        if index + 1 < len(cues):
            found += _of_neighbours(index + 1, cue, cues[index + 1], profile)
    return found


def hard_violations(cues: Sequence[Cue], profile: Profile, language: str, media_end: float) -> list[Violation]:
    """Only those that must never be."""
    return [violation for violation in violations(cues, profile, language, media_end) if violation.rule in HARD]


def _of_text(number: int, cue: Cue, profile: Profile) -> Iterator[Violation]:
    empty = sum(not line.strip() for line in cue.lines) + (not cue.lines)
    if empty:
        yield Violation(cue=number, rule="empty", value=empty, limit=0)
    if len(cue.lines) > profile.max_lines:
        yield Violation(cue=number, rule="lines", value=len(cue.lines), limit=profile.max_lines)
    longest = max(map(len, cue.lines), default=0)
    if longest > profile.max_line_characters:
        yield Violation(cue=number, rule="line_characters", value=longest, limit=profile.max_line_characters)


def _of_time(number: int, cue: Cue, profile: Profile, speed: float, media_end: float) -> Iterator[Violation]:
    shown = _milliseconds(cue.end) - _milliseconds(cue.start)
    if shown <= 0 or cue.start < 0:
        yield Violation(cue=number, rule="order", value=shown / 1000, limit=0)
        return
    if _milliseconds(cue.end) > _milliseconds(media_end):
        yield Violation(cue=number, rule="media_end", value=cue.end, limit=round(media_end, 3))
    if shown < _milliseconds(profile.min_duration):
        yield Violation(cue=number, rule="min_duration", value=shown / 1000, limit=profile.min_duration)
    if shown > _milliseconds(profile.max_duration):
        yield Violation(cue=number, rule="max_duration", value=shown / 1000, limit=profile.max_duration)
    characters = sum(map(len, cue.lines))
    if characters * 1000 > speed * shown:
        yield Violation(cue=number, rule="reading_speed", value=round(characters * 1000 / shown, 2), limit=speed)


def _of_neighbours(number: int, cue: Cue, after: Cue, profile: Profile) -> Iterator[Violation]:
    gap = _milliseconds(after.start) - _milliseconds(cue.end)
    if gap < 0:
        yield Violation(cue=number, rule="overlap", value=gap / 1000, limit=0)
    elif 0 < gap < _milliseconds(profile.min_gap):
        yield Violation(cue=number, rule="gap", value=gap / 1000, limit=profile.min_gap)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
