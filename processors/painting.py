"""What is asked of an image model, and PNG files that say how they were made. Pure; no models here."""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from schemas.exchanges import WrongField
from schemas.plan import ModelIdentity

GRID: Final = 8
"""Latents are an eighth of a picture's side, in every model that diffusers loads."""
RGB8: Final = (8, 2, 0, 0, 0)
"""PNG header: 8 bits, RGB, deflate, adaptive filters, not interlaced (PNG 3rd edition, 11.2.1)."""
NO_FILTER: Final = b"\0"
WITHHELD: Final = "withheld"


@dataclass(frozen=True)
class Wish:
    """One picture: the same wish is the same picture, as far as the model goes."""

    prompt: str
    negative: str
    seed: int
    width: int
    height: int
    steps: int

    @property
    def like(self) -> tuple[int, int, int]:
        """Only wishes that are alike in this share a batch."""
        return self.width, self.height, self.steps


class Painter(Protocol):
    """An image model. ``sizes``: those it was made for, the first is its own; none: any multiple of 8."""

    identity: ModelIdentity
    sizes: tuple[tuple[int, int], ...]
    own: tuple[int, int]
    steps: int
    batch: int

    def paint(self, wishes: Sequence[Wish], left: Callable[[], bool]) -> list[bytes | None]:
        """RGB bytes, row by row, of wishes that are alike. ``left`` is asked after each step: raises Cancelled.

        None is a picture that the model's own safety checker does not let through.
        """
        ...


def fitting(asked: tuple[int, int] | None, painter: Painter) -> tuple[int, int]:
    """Width and height. Raises WrongField for a size that the model can't paint."""
    size = asked or painter.own
    if painter.sizes and size not in painter.sizes:
        raise WrongField("size", f"the model paints {', '.join(f'{w}x{h}' for w, h in painter.sizes)}")
    if size[0] % GRID or size[1] % GRID:
        raise WrongField("size", f"sides must be multiples of {GRID}")
    return size


def png(pixels: bytes | None, wish: Wish, model: ModelIdentity) -> bytes:
    """A PNG file of RGB ``pixels``, with what it was made from as text; a black one that says so for a withheld one."""
    told = parameters(wish, model) | ({} if pixels is not None else {WITHHELD: "by the model's safety checker"})
    pixels = bytes(3 * wish.width * wish.height) if pixels is None else pixels
    rows = (pixels[at : at + 3 * wish.width] for at in range(0, len(pixels), 3 * wish.width))
    packed = zlib.compress(b"".join(NO_FILTER + row for row in rows), 6)
    texts = [_text(name, text) for name, text in told.items()]
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", wish.width, wish.height, *RGB8))
    return b"".join([b"\x89PNG\r\n\x1a\n", head, *texts, _chunk(b"IDAT", packed), _chunk(b"IEND", b"")])


def is_withheld(data: bytes) -> bool:
    """Whether a PNG file of ours stands for a picture that was withheld. No text can feign it: it would hold a NUL."""
    return b"iTXt" + WITHHELD.encode() + b"\0" in data


def parameters(wish: Wish, model: ModelIdentity) -> dict[str, str]:
    """What makes the picture again."""
    return {
        "prompt": wish.prompt, "negative_prompt": wish.negative, "seed": str(wish.seed), "steps": str(wish.steps),
        "size": f"{wish.width}x{wish.height}", "model": model.name, "revision": model.revision,
        "model_sha256": model.sha256, "Software": "Chalkstream",
    }  # fmt: skip


def _text(name: str, text: str) -> bytes:
    """iTXt: UTF-8, not compressed."""
    return _chunk(b"iTXt", name.encode("latin-1") + b"\0\0\0\0\0" + text.replace("\0", "").encode())


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
