"""Where speech is cut."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.chunking import LONG_PAUSE, MIN_SPEECH, NEARLY_FULL, PAD, PAUSE, Chunk, Open, best_cut, close, cut

LIMIT = 312


def talk(seed: int, frames: int) -> list[float]:
    """Speech and silence in turns, as probabilities."""
    dice, found = random.Random(seed), []
    while len(found) < frames:
        found += [dice.uniform(0.6, 1.0)] * dice.randint(5, 200) + [dice.uniform(0.0, 0.3)] * dice.randint(1, 120)
    return found[:frames]


def in_pieces(probabilities: list[float], size: int) -> list[Chunk]:
    """As the stage does it: part after part, the state carried."""
    state, chunks = Open(), []
    for at in range(0, len(probabilities), size):
        found, state = cut(state, probabilities[at : at + size], LIMIT)
        chunks += found
    return chunks + close(state, LIMIT)


@given(seed=st.integers(0, 10_000), size=st.integers(1, 700))
@settings(max_examples=40, deadline=None)
def test_cutting_in_parts_changes_nothing(seed: int, size: int) -> None:
    probabilities = talk(seed, 3_000)
    assert in_pieces(probabilities, size) == in_pieces(probabilities, len(probabilities))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_chunks_are_in_order_within_the_limit_and_hold_all_speech(seed: int) -> None:
    probabilities = talk(seed, 3_000)
    chunks = in_pieces(probabilities, 1_875)
    assert all(0 < chunk.end - chunk.start <= LIMIT for chunk in chunks)
    assert all(left.end <= right.start for left, right in pairwise(chunks))
    loud = {frame for frame, p in enumerate(probabilities) if p >= 0.5}
    kept = {frame for chunk in chunks for frame in range(chunk.start, chunk.end)}
    lost = loud - kept
    assert not any({frame + step for step in range(MIN_SPEECH)} <= lost for frame in lost)


def test_a_full_chunk_is_cut_at_the_best_silence_of_its_second_half() -> None:
    probabilities = [0.9] * 200 + [0.05] * 9 + [0.9] * 200
    first, second = in_pieces(probabilities, 1_875)
    assert 200 < first.end <= 200 + 9 + PAD
    assert second.start >= 200


def test_speech_without_any_silence_is_cut_at_the_limit_at_the_latest() -> None:
    chunks = in_pieces([0.9] * 1_000, 100)
    assert all(chunk.end - chunk.start <= LIMIT for chunk in chunks)
    assert sum(chunk.end - chunk.start for chunk in chunks) == 1_000


def test_a_long_pause_closes_even_a_short_chunk() -> None:
    pause = round(LONG_PAUSE * LIMIT) + 5
    first, second = in_pieces([0.9] * 20 + [0.0] * pause + [0.9] * 20, 1_875)
    assert first.end <= 20 + PAD
    assert second.start >= 20 + pause - PAD


def test_a_breath_closes_a_chunk_only_when_it_is_nearly_full() -> None:
    full, breath = round(NEARLY_FULL * LIMIT), [0.0] * (PAUSE + 2)
    assert len(in_pieces([0.9] * 100 + breath + [0.9] * 100, 1_875)) == 1
    assert len(in_pieces([0.9] * full + breath + [0.9] * 20, 1_875)) == 2


@pytest.mark.parametrize("probabilities", [[], [0.0] * 4_000, [0.9, 0.9], [0.45] * 500])
def test_silence_and_clicks_give_nothing(probabilities: list[float]) -> None:
    assert in_pieces(probabilities, 1_875) == []


def test_of_equal_silences_the_later_is_taken() -> None:
    seen = [0.9] * 60 + [0.0] * 8 + [0.9] * 40 + [0.0] * 8 + [0.9] * 10
    assert 108 <= best_cut(seen) <= 116
