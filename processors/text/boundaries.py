"""Where a sentence ends: decided between two neighbouring words, from those two and the language alone.

So it does not matter where blocks are cut: every block sees the same boundaries (DESIGN §2, block).
"""

import re
from typing import Final

from processors.text.abbreviations import BEFORE_A_NAME, BEFORE_A_NUMBER, MAY_END, ORDINALS_WITH_STOP
from schemas.languages import primary
from schemas.transcript import Word

PAUSE: Final = 2.0
"""Seconds of silence that end a sentence without punctuation. Pauses up to about 1 s occur inside sentences of
prepared speech, longer ones only where spontaneous speakers hesitate (Campione and Véronis, Speech Prosody 2002:
brief < 0.2 s, medium 0.2-1 s, long > 1 s); a wrong cut costs a translation, a missed one a longer sentence."""

TERMINAL: Final = ".?!…。！？｡؟۔।॥։።፧។៕။᙮‼⁇⁈⁉"
CLOSING: Final = "\"'”’»›)]}」』）】〉》〕＂＇"
OPENING: Final = "\"'“‘«‹„‚([{「『（【〈《〔¿¡"
_DASHES: Final = "-–—―"


def ends_between(left: Word, right: Word, language: str) -> bool:
    """Whether a sentence ends with ``left``, by punctuation or by a pause of ``PAUSE`` seconds."""
    return right.start - left.end >= PAUSE or ends_by_text(left.text, right.text, language)


def ends_by_text(left: str, right: str, language: str) -> bool:
    """Whether punctuation ends a sentence between two neighbouring words."""
    if not right.strip(TERMINAL + CLOSING + " "):  # a lone ``?`` or ``»``, as French writes them, belongs to ``left``
        return False
    body = left.rstrip(CLOSING + " \u00a0\u202f")
    if not body:  # a lone closing mark: what stood before it is not seen, so the capital decides
        return _begins_upper(right)
    if body[-1] == ";" and primary(language) == "el":
        return True
    return (
        body[-1] in TERMINAL
        and (body[-1] not in ".…" or _full_stop_ends(body, right, primary(language)))
        and not (
            body != left and _begins_lower(right)  # « Quoi ? » dit-il
        )
    )


def _full_stop_ends(left: str, right: str, language: str) -> bool:
    """Whether the full stop (or dots) that ``left`` ends with ends a sentence."""
    if left.endswith(("…", "..")):
        return not _begins_lower(right)
    word = left.lstrip(OPENING)[:-1].lower()
    number_follows = right.lstrip(OPENING)[:1].isdigit()
    if word in MAY_END.get(language, ()):
        return not _begins_lower(right)
    if word.isdigit():
        return not number_follows and not (language in ORDINALS_WITH_STOP and len(word) <= 2)
    if len(word) == 1 or re.fullmatch(r"(\w{1,2}\.)+\w{1,2}", word):  # initials, z. B., e.g., U.S.
        return not word.isalnum() and not word.replace(".", "").isalpha()
    return word not in BEFORE_A_NAME.get(language, ()) and not (
        number_follows and word in BEFORE_A_NUMBER.get(language, ())
    )


def _first_letter(text: str) -> str:
    return text.lstrip(OPENING + _DASHES + " ")[:1]


def _begins_lower(text: str) -> bool:
    return _first_letter(text).islower()


def _begins_upper(text: str) -> bool:
    return _first_letter(text).isupper()
