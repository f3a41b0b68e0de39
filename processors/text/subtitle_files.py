"""Subtitle files: cues to bytes and back, through pysubs2, with what it and players would misread made safe.

Both formats are UTF-8 without a byte order mark, with LF. Text is literal: it survives a round trip exactly and no
player takes it for markup. WebVTT escapes ``& < >``. SubRip has no escapes, so an invisible WORD JOINER is put
inside what would be taken for a tag, an override, an arrow or a time, and taken out when read. pysubs2 (1.8) needs
the same in both formats where it turns ``\\N`` into a line break, two times in a line into a cue, and drops a last
line of digits as the number of a next cue.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from processors.text.characters import WORD_JOINER, clean
from schemas.cues import Cue, SubtitleFormat
from schemas.errors import Broken

_MARKUP: Final = re.compile(r"<(?=\s*/?\s*[^\W\d_])|\\|\{(?=[A-Za-z]:)|--(?=>)")
"""Behind these a joiner goes: ``<i>`` and other tags, ``\\N`` and ``{\\an8}``, MicroDVD's ``{y:i}``, ``-->``."""
_DIGITS: Final = re.compile(r"\s*\d+\s*")
_ENTITIES: Final = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))


def cleaned(cues: Sequence[Cue]) -> list[Cue]:
    """``cues`` as a file can hold them: ``characters.clean`` for each line, empty lines and empty cues left out."""
    result = []
    for cue in cues:
        lines = tuple(filter(None, map(clean, cue.lines)))
        if lines:
            result.append(cue if lines == cue.lines else cue.model_copy(update={"lines": lines}))
    return result


def write(cues: Sequence[Cue], format: SubtitleFormat, language: str) -> bytes:  # noqa: A002 - the word of the trade
    """The file. ``language`` is for formats that name it; these two do not."""
    import pysubs2

    subtitles = pysubs2.SSAFile()
    for cue in cleaned(cues):
        text = "\n".join(_defused(line, format) for line in cue.lines)
        start, end = round(cue.start * 1000), round(cue.end * 1000)
        subtitles.append(pysubs2.SSAEvent(start=start, end=end, text=text))
    return subtitles.to_string(format, keep_ssa_tags=True).encode("utf-8")


def read(data: bytes, format: SubtitleFormat) -> list[Cue]:  # noqa: A002
    """The cues of a file that ``write`` made; markup of other files stays as text. Raises Broken("internal")."""
    import pysubs2

    try:
        events = pysubs2.SSAFile.from_string(data.decode("utf-8"), format, keep_html_tags=True).events
    except (UnicodeDecodeError, pysubs2.exceptions.Pysubs2Error) as error:
        raise Broken("internal", f"a {format} file cannot be read back: {error}") from error
    return [Cue(start=event.start / 1000, end=event.end / 1000, lines=_literal(event.text, format)) for event in events]


def validate(data: bytes, format: SubtitleFormat, cues: Sequence[Cue]) -> None:  # noqa: A002
    """Raise Broken("internal") unless ``data`` says exactly ``cleaned(cues)``, times in milliseconds and text alike."""
    found, wanted = read(data, format), cleaned(cues)
    if len(found) != len(wanted):
        raise Broken("internal", f"a {format} file holds {len(found)} cues instead of {len(wanted)}")
    for number, (one, other) in enumerate(zip(found, wanted, strict=True), 1):
        if one != other:
            raise Broken("internal", f"cue {number} of a {format} file reads {one!r} instead of {other!r}")


def _defused(line: str, format: SubtitleFormat) -> str:  # noqa: A002
    """One line of text as it stands in the file."""
    line = _MARKUP.sub(lambda match: match[0] + WORD_JOINER, line)
    if any(time.search(line) for time in _times()):
        line = line.replace(":", ":" + WORD_JOINER)
    if _DIGITS.fullmatch(line):
        line += WORD_JOINER
    if format == "vtt":
        for character, entity in _ENTITIES:
            line = line.replace(character, entity)
    return line


@cache
def _times() -> tuple[re.Pattern[str], ...]:
    """What the library takes for a time; it is imported where a file is written, long after the first cue."""
    from pysubs2.formats.subrip import SubripFormat
    from pysubs2.formats.webvtt import WebVTTFormat

    return SubripFormat.TIMESTAMP, WebVTTFormat.TIMESTAMP


def _literal(text: str, format: SubtitleFormat) -> tuple[str, ...]:  # noqa: A002
    """The lines that ``text``, as pysubs2 read it, stands for."""
    if format == "vtt":
        for character, entity in reversed(_ENTITIES):
            text = text.replace(entity, character)
    lines = text.split("\\N")
    return tuple(line.replace(WORD_JOINER, "") for line in lines) if text else ()
