"""The image model's whole world: one coloured shape in the middle of a plain background, its prompts, and the judge.

Prompts are split by a hash of their text: an unseen prompt is met in no training run.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

SIZE = 64
DETAIL = 2
COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 170, 60),
    "blue": (40, 80, 220),
    "yellow": (240, 210, 40),
    "purple": (140, 50, 180),
    "orange": (240, 130, 30),
}
BACKGROUNDS = {"white": (245, 245, 245), "black": (20, 20, 20)}
SHAPES = ("circle", "square", "triangle")
TEMPLATES = (
    "a {c} {s} on a {b} background",
    "{c} {s}, {b} background",
    "{c} {s} on {b}",
    "a picture of a {c} {s}, {b} background",
    "a picture of a {c} {s} on a {b} background",
    "draw a {c} {s} on a {b} background",
    "draw a {c} {s} over {b}",
    "please draw a {c} {s} on {b}",
    "a {b} background with a {c} {s}",
    "one {c} {s} on a {b} background",
    "the {c} {s} on the {b} background",
    "a simple {c} {s} on {b}",
    "an image of a {c} {s} on a {b} background",
    "{b} background, {c} {s}",
)
UNSEEN_PART = 0.2
Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Scene:
    colour: str
    shape: str
    background: str

    def prompt(self, template: str) -> str:
        return template.format(c=self.colour, s=self.shape, b=self.background)


@dataclass(frozen=True)
class Verdict:
    colour: bool
    shape: bool
    background: bool

    @property
    def right(self) -> bool:
        return self.colour and self.shape and self.background


def scenes() -> list[Scene]:
    return [Scene(*chosen) for chosen in product(COLOURS, SHAPES, BACKGROUNDS)]


def unseen(prompt: str) -> bool:
    return hashlib.sha256(prompt.encode()).digest()[0] < 256 * UNSEEN_PART


def training_prompt(scene: Scene, rng: random.Random) -> str:
    return rng.choice([prompt for template in TEMPLATES if not unseen(prompt := scene.prompt(template))])


def unseen_prompts(seed: int) -> Iterator[tuple[Scene, str]]:
    """All of them, shuffled."""
    every = [(scene, scene.prompt(template)) for scene in scenes() for template in TEMPLATES]
    held = [(scene, prompt) for scene, prompt in every if unseen(prompt)]
    random.Random(seed).shuffle(held)
    yield from held


def draw(scene: Scene, rng: random.Random) -> Picture:
    """(64, 64, 3), with a little of chance in place, size and colours."""
    radius = 0.6 * rng.uniform(0.92, 1.08)
    cover = _cover(scene.shape, rng.uniform(-0.05, 0.05), rng.uniform(-0.05, 0.05), radius)[..., None]
    shape, ground = _near(COLOURS[scene.colour], rng), _near(BACKGROUNDS[scene.background], rng)
    fine = cover * shape + (1 - cover) * ground
    picture: Picture = fine.reshape(SIZE, DETAIL, SIZE, DETAIL, 3).mean((1, 3)).astype(np.uint8)
    return picture


def judge(picture: Picture, scene: Scene) -> Verdict:
    """Nearest palette colour per pixel; the edge tells the background, the rest the colour, and the best overlap the
    shape.
    """
    names = [*COLOURS, *BACKGROUNDS]
    palette = np.array([*COLOURS.values(), *BACKGROUNDS.values()], float)
    nearest = ((picture.astype(float)[:, :, None] - palette) ** 2).sum(-1).argmin(-1)
    edge = np.concatenate([nearest[0], nearest[-1], nearest[:, 0], nearest[:, -1]])
    ground = int(np.bincount(edge, minlength=len(names)).argmax())
    inside = nearest != ground
    if inside.sum() < 20:
        return Verdict(False, False, names[ground] == scene.background)
    colour = int(np.bincount(nearest[inside], minlength=len(names)).argmax())
    shape = max(_clean(), key=lambda named: _overlap(named[1], inside))[0]
    return Verdict(names[colour] == scene.colour, shape == scene.shape, names[ground] == scene.background)


def _overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


@cache
def _clean() -> list[tuple[str, Mask]]:
    sizes = (0.54, 0.6, 0.66)
    fine = [(shape, _cover(shape, 0, 0, size)) for shape in SHAPES for size in sizes]
    return [(shape, cover.reshape(SIZE, DETAIL, SIZE, DETAIL).mean((1, 3)) > 0.5) for shape, cover in fine]


def _cover(shape: str, dx: float, dy: float, radius: float) -> NDArray[np.float64]:
    """How much of each fine pixel the shape covers."""
    line = np.linspace(-1, 1, SIZE * DETAIL)
    x, y = np.meshgrid(line - dx, line - dy)
    cover: NDArray[np.float64] = np.clip(0.5 - _distance(shape, x, y, radius) * SIZE, 0, 1)
    return cover


def _distance(shape: str, x: NDArray[np.float64], y: NDArray[np.float64], r: float) -> NDArray[np.float64]:
    """Signed distance to the shape's edge, negative inside."""
    if shape == "circle":
        return np.hypot(x, y) - r
    if shape == "square":
        return np.maximum(np.abs(x), np.abs(y)) - r * 0.85
    return np.maximum(y - r * 0.8, np.maximum(np.abs(x) * 0.89 - (y + r) * 0.45, -y - r))


def _near(colour: tuple[int, int, int], rng: random.Random) -> NDArray[np.float64]:
    return np.clip(np.array(colour) + rng.uniform(-10, 10), 0, 255)
