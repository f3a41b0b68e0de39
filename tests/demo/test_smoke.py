"""Every trainer builds, trains a few steps, converts and loads; a run that was stopped ends as one that was not."""

from pathlib import Path

import pytest

from demo import manifest
from demo.training import Plan
from tests.needs import library

pytestmark = [pytest.mark.train, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _torch() -> None:
    for name in ("torch", "transformers", "diffusers", "espeakng_loader"):
        library(name, "train")


@pytest.mark.filterwarnings("default")  # the training libraries' own imports warn
def test_smoke_builds_a_pack_that_loads(tmp_path: Path) -> None:
    from demo import evaluate_chat, evaluate_image, evaluate_mt
    from demo.build import MODELS, smoke
    from demo.evaluate_asr import Listener
    from demo.speech import pause

    pack = smoke(MODELS, tmp_path)
    manifest.verify(pack)
    assert Listener(pack, threads=1).segments(pause(2.0), word_times=True) == []
    assert len(evaluate_mt.Interpreter.load(pack).translate(["The error is new."], "en", "fr")) == 1
    assert isinstance(evaluate_chat.Assistant.load(pack).answer("What is a gradient?"), str)
    assert evaluate_image.load(pack)("a red circle", num_inference_steps=1).images[0].size == (64, 64)


@pytest.mark.filterwarnings("default")  # the training libraries' own imports warn
def test_a_resumed_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    import torch

    from demo import chat

    whole = chat.train(Plan(tmp_path / "whole", 4))
    chat.train(Plan(tmp_path / "parts", 4, halt=2))
    resumed = chat.train(Plan(tmp_path / "parts", 4, resume=True))
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)
