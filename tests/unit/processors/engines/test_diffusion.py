"""The demo pack's image model: seeds are honoured in any company, and a machine without torch is told what to do."""

import importlib.util
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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
    assert one and alone and len(one) == 64 * 64 * 3 and one == again != two
    assert sum(abs(a - b) for a, b in zip(one, alone, strict=True)) / len(one) < 1.0
    with pytest.raises(Cancelled):
        painter.paint([wish(1)], lambda: True)


def checked(folder: Path, threshold: float) -> Path:
    """The demo's pipeline with a safety checker that lets everything through, or nothing."""
    from importlib import import_module

    transformers: Any = import_module("transformers")
    checkers: Any = import_module("diffusers.pipelines.stable_diffusion.safety_checker")
    shutil.copytree(IMAGE, folder)
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.CLIPConfig(
        projection_dim=8, vision_config={**vision, "image_size": 32, "patch_size": 16, "projection_dim": 8}
    )
    checker = checkers.StableDiffusionSafetyChecker(config)
    checker.concept_embeds_weights.data.fill_(threshold)
    checker.special_care_embeds_weights.data.fill_(threshold)
    checker.save_pretrained(str(folder / "safety_checker"))
    sides = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    transformers.CLIPImageProcessor(**sides).save_pretrained(str(folder / "feature_extractor"))
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("threshold", "through"), [(2.0, True), (-2.0, False)])
def test_what_the_pack_s_safety_checker_stops_is_no_picture(threshold: float, through: bool, tmp_path: Path) -> None:
    folder = checked(tmp_path / "image", threshold)
    painter = diffusion.load(folder, MODEL, sizes=["64x64"], options={}, device="cpu", threads=1)
    found = painter.paint([wish(1), wish(2)], lambda: False)
    assert [picture is not None for picture in found] == [through, through]


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_batches_of_two_threads_never_share_a_scheduler() -> None:
    painter = diffusion.load(IMAGE, MODEL, sizes=["64x64"], options={}, device="cpu", threads=1)
    alone = painter.paint([wish(1)], lambda: False)
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda seed: painter.paint([wish(seed)], lambda: False), [1, 2]))
    assert both[0] == alone
