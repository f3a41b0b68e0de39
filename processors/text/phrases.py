"""What it costs the reader when a line or cue ends between two neighbouring pieces of text.

0 after a sentence, 1 in the middle of a phrase; ``NEVER`` where a break is wrong in any typography. The order of
the costs is that of the style guides named in ``function_words``: after punctuation, before conjunctions, before
prepositions, not inside a phrase.
"""

from functools import lru_cache
from typing import Final

from processors.text.boundaries import CLOSING, OPENING, TERMINAL, ends_by_text
from processors.text.function_words import FUNCTION_WORDS, NONE, FunctionWords
from schemas.languages import primary

SENTENCE: Final = 0.0
CLAUSE: Final = 0.1
COMMA: Final = 0.15
JOINS: Final = 0.3
LEADS: Final = 0.45
PLAIN: Final = 0.7
PAIR: Final = 0.9
CLINGS: Final = 1.3
NEVER: Final = 5.0

_NO_START: Final = frozenset(
    TERMINAL + CLOSING + ",;:%‰°,、，；：・ー々ゝヽぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ～‐゠–〜！）ะาำๅๆฯຯໆ"
) - set("\"'–")
"""Characters that begin no line (JIS X 4051 and W3C Requirements for Chinese and Japanese layout, basics; Thai)."""
_NO_END: Final = frozenset(OPENING + "$€£¥￥#＃เแโใไເແໂໃໄ") - set("\"'")
"""Characters that end no line."""
_CLAUSE_ENDS: Final = ";:；：؛—–"
_DASHES: Final = ("-", "--", "–", "—")
_COMMAS: Final = ",，、،､"


def break_cost(left: str, right: str, language: str) -> float:
    """The cost of a break between ``left`` and ``right`` (words, or clusters of a script without blanks)."""
    if not left or not right or right[0] in _NO_START or left[-1] in _NO_END:
        return NEVER
    if right not in _DASHES and not right.strip(TERMINAL + CLOSING + _CLAUSE_ENDS + _COMMAS):
        return NEVER
    if ends_by_text(left, right, language):
        return SENTENCE
    return min(_punctuation_cost(left, right), _word_cost(left, right, primary(language)))


def _punctuation_cost(left: str, right: str) -> float:
    last = left.rstrip(CLOSING)[-1:]
    if right in _DASHES:  # better after it than before it
        return PAIR
    if left in _DASHES or right[0] in "(（「『" or (last and (last in _CLAUSE_ENDS or last in TERMINAL)):
        return CLAUSE
    return COMMA if last and last in _COMMAS else NEVER


def _word_cost(left: str, right: str, language: str) -> float:
    words = FUNCTION_WORDS.get(language, NONE)
    before, after = _bare(left), _bare(right)
    opens = _is_in(after, words.joins) or _is_in(after, words.leads)
    if _clings(before, words) and not (opens and before in words.either):
        return CLINGS
    if _is_in(after, words.joins):
        return JOINS
    if _is_in(after, words.leads):
        return LEADS
    return PAIR if _belong_together(left, right, words, language) else PLAIN


def _clings(word: str, words: FunctionWords) -> bool:
    """Whether ``word``, or what stands behind its apostrophe (``qu'il``), is a function word."""
    end = word.rpartition("'")[2]
    return word.endswith("'") or any(word in kind or end in kind for kind in words)


def _belong_together(left: str, right: str, words: FunctionWords, language: str) -> bool:
    """First and last names (not in German, where nouns are capitalised), numbers and their units."""
    names = language != "de" and left[:1].isupper() and right[:1].isupper() and words is not NONE
    return names or left[-1:].isdigit() or (len(left) > 1 and left[-1] == "." and left[0].isupper())


@lru_cache(maxsize=4096)
def _bare(word: str) -> str:
    return word.strip(OPENING + CLOSING.replace("'", "").replace("’", "") + "¿¡").lower().replace("’", "'")


def _is_in(word: str, words: frozenset[str]) -> bool:
    """Whether ``word``, or what stands before its apostrophe, is listed."""
    return word in words or word.partition("'")[0] + "'" in words
