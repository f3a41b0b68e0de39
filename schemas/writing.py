"""How words stand beside each other in writing: with a blank, or without in scripts that know none.

Only what every layer has to agree on belongs here; laying out lines is the business of ``processors``.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

UNSPACED: Final = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x312F),  # Chinese and Japanese: radicals, punctuation, kana, bopomofo
    (0x3190, 0x9FFF),  # kanbun to ideographs; Hangul letters (before and after) are written with blanks
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0xFF00, 0xFFEF),  # full-width forms
    (0x20000, 0x3FFFF),  # further ideographs
)
"""Unicode blocks of scripts that are written without blanks between words (first, last)."""


def unspaced(character: str) -> bool:
    """Whether ``character`` belongs to a script that is written without blanks."""
    point = ord(character)
    return point >= UNSPACED[0][0] and any(first <= point <= last for first, last in UNSPACED)


def blank_between(left: str, right: str) -> bool:
    """Whether a blank stands between two neighbouring words; never beside a script without blanks."""
    return bool(left) and bool(right) and not unspaced(left[-1]) and not unspaced(right[0])


def joined(texts: Iterable[str]) -> str:
    """Words as one text."""
    words = [text for text in texts if text]
    return "".join(words[:1] + [" " * blank_between(left, right) + right for left, right in pairwise(words)])
