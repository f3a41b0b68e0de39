"""What text is made of: cleaned lines, and the clusters that must stay whole.

All lengths of subtitles are Python string lengths of NFC text: code points, so an accented letter is one and an
ideograph is one. Bidirectional marks, joiners and no-break blanks are part of the text and stay.
"""

import re
import unicodedata
from typing import Final

WORD_JOINER: Final = "\u2060"
"""Invisible and without meaning inside a line; ``subtitle_files`` uses it to defuse markup, so text has none."""

_REMOVED: Final = re.compile("[\ufeff\u2060]+")
_LINE_BREAKS_AND_BLANKS: Final = re.compile(
    "[\x00-\x20\x7f-\x9f\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]+"
)
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` as one line: NFC, controls and line breaks are blanks, runs of blanks one, lone surrogates U+FFFD."""
    text = _SURROGATES.sub("\ufffd", _REMOVED.sub("", text))
    text = _LINE_BREAKS_AND_BLANKS.sub(" ", unicodedata.normalize("NFC", text))
    return text.strip()


def clusters(text: str) -> list[str]:
    """``text`` cut between its user-visible characters: marks and joined emoji stay with their base (UAX 29 basics)."""
    found: list[str] = []
    for character in text:
        if found and (_extends(character) or found[-1].endswith("\u200d")):
            found[-1] += character
        else:
            found.append(character)
    return found


def _extends(character: str) -> bool:
    if character < "\u0300":
        return False
    return (
        unicodedata.category(character)[0] == "M"
        or character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def letters(text: str) -> str:
    """``text`` without anything but letters, marks and digits at both ends."""
    first = next((i for i, c in enumerate(text) if c.isalnum()), len(text))
    last = next((i for i in range(len(text) - 1, -1, -1) if text[i].isalnum() or _extends(text[i])), -1)
    return text[first : last + 1]
