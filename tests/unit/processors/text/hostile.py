"""Words as no recogniser should return them, for property tests."""

from itertools import pairwise

from hypothesis import strategies as st

from schemas.transcript import Sentence, Word

EVIL_TEXTS = (
    "", " ", "a", "I", "the", "Dr.", "end.", "3.",
    "...", "—", "?", "»", "«", "w" * 42, "w" * 43, "w" * 200, "é" * 90,
    "e\u0301" * 50, "\u0301" * 60, "\ud800", "two words",
    "line\nbreak", "\x00", "\u2028", "漢字。" * 30, "こんにちは、世界",
    "ภาษาไทยไม่มีเว้นวรรค" * 4, "مرحبا", "👩‍👩‍👧‍👦" * 20, "\u00a0", "\u2060", "<i>", "{\\an8}", "-->",
)  # fmt: skip
TEXTS = st.sampled_from(EVIL_TEXTS) | st.text(max_size=12) | st.from_regex(r"[a-z]{1,9}[,.?]?", fullmatch=True)


@st.composite
def spoken(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS, most: int = 40) -> list[Word]:
    """Words that mostly follow each other, with zero lengths, overlaps, leaps back and very long pauses among them."""
    time, words = draw(st.floats(-1, 100)), []
    for text in draw(st.lists(texts, max_size=most)):
        length = draw(st.sampled_from([0.0, 0.0005, 0.001, 0.2, 0.3, 0.4, 9.0]) | st.floats(0, 1))
        words.append(Word(start=time, end=time + length, text=text))
        time += draw(st.sampled_from([length, length, length, 0.0, length + 0.01, length + 2.5, 600.0, -3.0]))
    return words


@st.composite
def sentences(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> list[Sentence]:
    """Such words in sentences, cut anywhere."""
    words = draw(spoken(texts))
    cuts = sorted(draw(st.sets(st.integers(1, len(words) - 1), max_size=6))) if len(words) > 1 else []
    edges = [0, *cuts, len(words)]
    return [Sentence(words=tuple(words[a:b])) for a, b in pairwise(edges) if b > a]
