"""Slides as RGB pictures: a title, the words of the part, a curve. Pure functions of their text."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from demo.script import Slide

SIZE = (640, 360)
INK, PAPER, ACCENT = (30, 36, 48), (250, 249, 244), (32, 110, 160)
Picture = NDArray[np.uint8]


def draw(slide: Slide) -> Picture:
    """(360, 640, 3) uint8."""
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 8), fill=ACCENT)
    pen.text((36, 30), slide.title, fill=INK, font=ImageFont.load_default(34))
    for row, point in enumerate(slide.points):
        pen.text((48, 104 + 40 * row), f"-  {point}", fill=INK, font=ImageFont.load_default(22))
    pen.text((592, 330), str(slide.number), fill=ACCENT, font=ImageFont.load_default(16))
    pen.line(_curve(slide.number), fill=ACCENT, width=4)
    pen.line([(360, 310), (600, 310)], fill=INK, width=2)
    pen.line([(360, 310), (360, 110)], fill=INK, width=2)
    return np.asarray(image)


def _curve(number: int) -> list[tuple[float, float]]:
    x = np.linspace(0, 1, 60)
    y = 0.5 + 0.4 * np.sin((1 + number % 4) * np.pi * x) * np.exp(-x)
    return [(360 + 240 * a, 310 - 200 * b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
