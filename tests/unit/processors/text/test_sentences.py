"""Each word has one sentence in one block, and over-long sentences keep their words."""

from itertools import chain

from hypothesis import example, given
from hypothesis import strategies as st

from processors.text.sentences import block_sentences, split_long, split_sentences
from schemas.transcript import Sentence, Word

TEXTS = st.sampled_from(["one", "two", "end.", "Dr.", "No!", "…", "»"])


@st.composite
def chunk_lists(draw: st.DrawFn) -> list[tuple[Word, ...] | None]:
    chunks, time = [], 0.0
    for texts in draw(st.lists(st.none() | st.lists(TEXTS, max_size=4), max_size=30)):
        words = []
        for text in texts or ():
            time += draw(st.sampled_from([0.1, 0.1, 0.1, 3.0]))
            words.append(Word(start=time, end=time, text=text))
        chunks.append(None if texts is None else tuple(words))
    return chunks


def blocks_of(chunks, size):
    for first in range(0, len(chunks), size):
        last = min(first + size, len(chunks)) - 1
        near = range(first - 1, last + 2)
        seen = [chunk if at in near else None for at, chunk in enumerate(chunks)]
        yield block_sentences(seen, first=first, last=last, language="en")


def words_of(sentences):
    return [word for sentence in sentences for word in sentence.words]


SOLID = [tuple(Word(start=at, end=at + 1, text="and") for at in range(3 * n, 3 * n + 3)) for n in range(6)]


@given(chunk_lists(), st.sampled_from([1, 2, 3, 8]))
@example(SOLID, 1)
@example(SOLID, 2)
def test_every_word_is_in_one_block_in_order(chunks, size):
    blocks = list(blocks_of(chunks, size))
    assert words_of(chain.from_iterable(blocks)) == list(chain.from_iterable(chunk or () for chunk in chunks))
    assert all(sentence.words for block in blocks for sentence in block)


@given(chunk_lists(), st.sampled_from([2, 3, 8]))
def test_a_sentence_runs_on_into_the_next_block_at_most_to_the_end_of_its_first_chunk(chunks, size):
    for number, block in enumerate(blocks_of(chunks, size)):
        own = {id(word) for chunk in chunks[number * size : (number + 1) * size] for word in chunk or ()}
        assert all(id(sentence.words[0]) in own for sentence in block)


def words(text: str, start: float = 0.0) -> tuple[Word, ...]:
    return tuple(Word(start=start + at, end=start + at + 0.5, text=word) for at, word in enumerate(text.split()))


def texts(sentences: list[Sentence]) -> list[str]:
    return [sentence.text for sentence in sentences]


def test_a_sentence_across_chunks_belongs_to_the_block_it_begins_in():
    chunks = [words("It begins. Here it goes", 0), words("on and ends. Next.", 5)]
    assert texts(block_sentences(chunks, first=0, last=0, language="en")) == ["It begins.", "Here it goes on and ends."]
    assert texts(block_sentences(chunks, first=1, last=1, language="en")) == ["Next."]


def test_a_chunk_without_an_end_is_swallowed_whole_and_the_sentence_ends_with_it():
    chunks = [words("It begins", 0), words("and goes on", 2), words("and on. End.", 5)]
    assert texts(block_sentences(chunks, first=0, last=0, language="en")) == ["It begins and goes on"]
    assert texts(block_sentences(chunks, first=1, last=2, language="en")) == ["and on.", "End."]


def test_lost_and_empty_chunks_end_sentences():
    chunks = [words("some words"), None, words("more words", 5), (), words("the rest", 8)]
    assert texts(block_sentences(chunks, first=0, last=4, language="en")) == ["some words", "more words", "the rest"]


def test_words_of_scripts_without_blanks_are_joined_without():
    (sentence,) = split_sentences([Word(start=0, end=1, text="蜡烛"), Word(start=1, end=2, text="的光。")], "zh")
    assert sentence.text == "蜡烛的光。"


def count(text: str) -> int:
    return len(text.split()) + len(text) // 10


@given(
    st.lists(st.sampled_from(["word", "and", "comma,", "x" * 50, "漢字", "e\u0301"]), max_size=60), st.integers(1, 20)
)
def test_pieces_fit_and_keep_the_words(parts, limit):
    text = " ".join(parts)
    pieces = split_long(text, limit, count, "en")
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(piece and (count(piece) <= limit or len(piece) == 1) for piece in pieces)


def test_long_sentences_are_cut_at_clauses():
    text = "When the wax has melted it rises in the wick, and there it burns with a bright yellow flame."
    assert split_long(text, 12, lambda piece: len(piece.split()), "en") == [
        "When the wax has melted it rises in the wick,",
        "and there it burns with a bright yellow flame.",
    ]


def test_what_fits_is_one_piece_and_nothing_is_none():
    assert split_long(" a b ", 2, lambda piece: len(piece.split())) == ["a b"]
    assert split_long("  ", 1, len) == []
