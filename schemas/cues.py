"""What is shown on screen, and the rules that it is measured against."""

from typing import Literal

from pydantic import Field

from schemas.base import Model, Seconds

SubtitleFormat = Literal["srt", "vtt"]


class Cue(Model):
    """Text on screen from ``start`` to ``end``; one or two lines."""

    start: Seconds
    end: Seconds
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines joined by a blank."""
        return " ".join(self.lines)

    @property
    def characters(self) -> int:
        """Characters a reader takes in: all but line breaks."""
        return sum(len(line) for line in self.lines)


class Profile(Model):
    """A house style for subtitles. ``hard`` limits always hold; the others as far as the speech allows.

    Numbers of ``edu-default`` are those of CONTRACT §6: 42 characters a line, two lines and 20/17 characters a
    second follow the Netflix timed-text guides (English and other Latin scripts); 0.833 s is 20 frames at 24 fps
    and 83 ms two frames.
    """

    name: str
    max_lines: int = 2
    max_line_characters: int = 42
    min_gap: Seconds = 0.083
    min_duration: Seconds = 0.833
    max_duration: Seconds = 7.0
    reading_speed: dict[str, float] = Field(default_factory=dict)
    default_reading_speed: float = 17.0

    def speed_limit(self, language: str) -> float:
        """Characters a second allowed in ``language`` (BCP-47; the primary subtag decides)."""
        return self.reading_speed.get(language.split("-")[0].lower(), self.default_reading_speed)


class Violation(Model):
    """One rule that one cue (1-based number) could not meet."""

    cue: int
    rule: Literal[
        "empty",
        "order",
        "media_end",
        "lines",
        "line_characters",
        "overlap",
        "gap",
        "min_duration",
        "max_duration",
        "reading_speed",
    ]
    value: float
    limit: float
