"""The demo pack's image model: seeds are honoured in any company, and a machine without torch is told what to do."""

import importlib.util
from pathlib import Path

import pytest

from infra.models import installed
from processors.engines import diffusion
from processors.painting import Wish
from schemas.errors import Cancelled, Unavailable
from tests.fakes import MODEL

IMAGE = installed.BUILT_IN / "demo" / "image"
HERE = importlib.util.find_spec("diffusers") is not None and importlib.util.find_spec("torch") is not None


def wish(seed: int) -> Wish:
    return Wish("a red circle on a white background", "", seed, 64, 64, 4)


@pytest.mark.skipif(HERE, reason="torch is installed")
def test_without_torch_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"chalkstream\[image\]"):
        diffusion.load(tmp_path, MODEL, sizes=[], options={}, device="cpu", threads=1)


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_the_demo_model_paints_what_its_seed_says() -> None:
    painter = diffusion.load(IMAGE, MODEL, sizes=["64x64"], options={"guidance_scale": 4.0}, device="cpu", threads=1)
    one, two, again = painter.paint([wish(1), wish(2), wish(1)], lambda: False)
    (alone,) = painter.paint([wish(1)], lambda: False)
    assert len(one) == 64 * 64 * 3 and one == again != two
    assert sum(abs(a - b) for a, b in zip(one, alone, strict=True)) / len(one) < 1.0
    with pytest.raises(Cancelled):
        painter.paint([wish(1)], lambda: True)
