"""Words to sentences, sentences to blocks, and over-long sentences to pieces that a translation model can take.

Every word of a transcript is in exactly one sentence of exactly one block, in order. Where sentences end is the
business of ``boundaries``; nothing here looks at more than a block and its two neighbouring chunks.
"""

from collections.abc import Callable, Sequence
from typing import Final

from processors.text.atoms import pieces
from processors.text.boundaries import ends_between
from processors.text.phrases import NEVER, break_cost
from schemas.transcript import Sentence, Word

OFF_CENTRE: Final = 1.5
"""What a cut at the very edge of a sentence costs beyond one in its middle, against 1 for a cut inside a phrase."""

Chunk = tuple[Word, ...] | None
"""The words recognised in one chunk of speech; empty when there were none, None when it was lost."""


def split_sentences(words: Sequence[Word], language: str) -> list[Sentence]:
    """``words`` as sentences; none for no words."""
    sentences: list[Sentence] = []
    begin = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or ends_between(words[end - 1], words[end], language):
            sentences.append(Sentence(words=tuple(words[begin:end])))
            begin = end
    return sentences


def block_sentences(chunks: Sequence[Chunk], *, first: int, last: int, language: str) -> list[Sentence]:
    """The sentences of the block of chunks ``first`` to ``last`` (inclusive, 0-based).

    Looks at no chunk but those and their two neighbours; others may be None. What a block owns ends where its last
    sentence ends in chunk ``last + 1`` (at the latest with that chunk), and the next block begins there: both sides
    work out the same place with ``_run_on``, so every word has one block however the chunks are cut into blocks.
    """
    owned = list(chunks[first : last + 1])
    if owned and owned[0]:
        owned[0] = owned[0][_run_on(chunks, first, language) :]
    if last + 1 < len(chunks):
        owned.append((chunks[last + 1] or ())[: _run_on(chunks, last + 1, language)])
    skipped_whole = bool(chunks[first]) and not owned[0]
    return [
        sentence
        for run in _unbroken(owned[1:] if skipped_whole else owned)
        for sentence in split_sentences(run, language)
    ]


def _run_on(chunks: Sequence[Chunk], index: int, language: str) -> int:
    """How many words at the start of chunk ``index`` end the sentence begun before it; all, if nothing ends in it."""
    before, words = (chunks[index - 1] if index else None), chunks[index]
    if not before or not words or ends_between(before[-1], words[0], language):
        return 0
    ends = (i for i in range(1, len(words)) if ends_between(words[i - 1], words[i], language))
    return next(ends, len(words))


def _unbroken(chunks: Sequence[Chunk]) -> list[list[Word]]:
    """The words between lost or empty chunks."""
    runs: list[list[Word]] = [[]]
    for words in chunks:
        if words:
            runs[-1].extend(words)
        elif runs[-1]:
            runs.append([])
    return runs


def split_long(text: str, limit: int, count: Callable[[str], int], language: str = "") -> list[str]:
    """``text`` in pieces of at most ``limit`` by ``count`` (tokens of a text), cut at the best clause ends.

    Pieces are not empty and, joined by the blanks they were cut at, are ``text``; a single character that is over
    the limit stays alone. One piece for a text that fits, none for an empty one.
    """
    text = text.strip()
    if not text or count(text) <= limit or len(text) == 1:
        return [text] if text else []
    atoms = pieces(text, max(1, len(text) - 1))
    if len(atoms) == 1:
        atoms = list(text)
    cut = _best_cut(atoms, language)
    halves = "".join(atoms[:cut]), "".join(atoms[cut:])
    return [piece for half in halves for piece in split_long(half, limit, count, language)]


def _best_cut(atoms: Sequence[str], language: str) -> int:
    """The index of the atom that the second half begins with."""
    half = sum(map(len, atoms)) / 2
    best, cut, position = float("inf"), 1, 0
    for index in range(1, len(atoms)):
        position += len(atoms[index - 1])
        place = break_cost(atoms[index - 1].strip(), atoms[index].strip(), language)
        cost = min(place, NEVER) + OFF_CENTRE * (abs(position - half) / half) ** 2
        if cost < best:
            best, cut = cost, index
    return cut
