"""The measures of the evaluation table: word errors and chrF, written out so that no scorer has to be installed.

chrF is chrF2 of sacreBLEU's defaults (Popović 2015): character n-grams up to 6 without spaces, beta 2, over the whole
corpus.
"""

from collections import Counter
from collections.abc import Sequence

ORDER = 6
BETA = 2.0


def word_errors(reference: str, heard: str) -> int:
    """Substitutions, insertions and deletions that turn the reference's words into those heard."""
    said, words = reference.split(), heard.split()
    row = list(range(len(words) + 1))
    for i, word in enumerate(said, 1):
        above, row[0] = row[0], i
        for j, other in enumerate(words, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (word != other))
    return row[-1]


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Corpus chrF2, 0 to 100: the F-score of precision and recall averaged over the orders that occur on both sides."""
    counts = [_counts(hypotheses, references, n) for n in range(1, ORDER + 1)]
    found = [(matched / made, matched / wanted) for matched, made, wanted in counts if made and wanted]
    if not found:
        return 0.0
    precision, recall = (sum(side) / len(found) for side in zip(*found, strict=True))
    return 100 * _f_score(precision, recall)


def _counts(hypotheses: Sequence[str], references: Sequence[str], n: int) -> tuple[int, int, int]:
    matched = made = wanted = 0
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        ours, theirs = _grams(hypothesis, n), _grams(reference, n)
        matched += sum((ours & theirs).values())
        made, wanted = made + sum(ours.values()), wanted + sum(theirs.values())
    return matched, made, wanted


def _grams(text: str, n: int) -> Counter[str]:
    letters = "".join(text.split())
    return Counter(letters[i : i + n] for i in range(len(letters) - n + 1))


def _f_score(precision: float, recall: float) -> float:
    if precision + recall == 0:
        return 0.0
    return (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)
