"""Few reads behind many, right bytes always."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from infra.decode import window
from infra.decode.window import Window

DATA = bytes(index * 7 % 251 for index in range(3 << 20))


@dataclass
class Counted:
    """A source that remembers what it was asked."""

    size: int = len(DATA)
    asked: list[tuple[int, int]] = field(default_factory=list)

    def read(self, offset: int, length: int) -> bytes:
        self.asked.append((offset, length))
        return DATA[offset : offset + length]


@given(st.lists(st.tuples(st.integers(0, len(DATA) - 1), st.integers(1, 1 << 16)), max_size=20))
def test_bytes_are_right_wherever_one_jumps(reads: list[tuple[int, int]]) -> None:
    over = Window(Counted())
    for offset, length in reads:
        piece = over.read(offset, length)
        assert piece and piece == DATA[offset : offset + len(piece)]


def test_a_sequential_read_asks_seldom_and_nothing_twice() -> None:
    source = Counted()
    over, at = Window(source), 0
    while at < source.size:
        at += len(over.read(at, 1 << 15))
    assert len(source.asked) <= 6 and sum(length for _, length in source.asked) == source.size


def test_a_jump_reads_little() -> None:
    source = Counted()
    Window(source).read(2 << 20, 100)
    assert source.asked == [(2 << 20, window.SMALLEST)]
