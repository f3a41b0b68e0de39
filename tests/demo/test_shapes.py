"""The judge sees what was drawn, and isn't fooled by its neighbours."""

import random

import numpy as np
import pytest

from demo import shapes
from demo.shapes import Scene


@pytest.mark.parametrize("scene", shapes.scenes(), ids=str)
def test_the_judge_recognises_every_scene(scene: Scene) -> None:
    rng = random.Random(str(scene))
    assert all(shapes.judge(shapes.draw(scene, rng), scene).right for _ in range(5))


def test_the_judge_rejects_another_scene() -> None:
    drawn = shapes.draw(Scene("red", "circle", "white"), random.Random(1))
    assert not shapes.judge(drawn, Scene("blue", "circle", "white")).colour
    assert not shapes.judge(drawn, Scene("red", "square", "white")).shape
    assert not shapes.judge(drawn, Scene("red", "circle", "black")).background


def test_an_empty_picture_is_nothing() -> None:
    assert not shapes.judge(np.full((64, 64, 3), 245, np.uint8), Scene("red", "circle", "white")).right
