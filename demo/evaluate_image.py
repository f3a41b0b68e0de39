"""Evaluates the pack's image model through diffusers on unseen prompts, with the project's own judge."""

import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from demo import shapes
from demo.libraries import library
from demo.manifest import read

PROMPTS = 100
SEED = 77


def evaluate(pack: Path) -> dict[str, dict[str, float]]:
    import torch

    torch.set_num_threads(2)
    pipeline, options = load(pack), read(pack)["image"]["options"]
    verdicts, began = [], time.perf_counter()
    for number, (scene, prompt) in enumerate(islice(shapes.unseen_prompts(SEED), PROMPTS)):
        generator = torch.Generator().manual_seed(number)
        picture = pipeline(prompt, generator=generator, **options).images[0]
        verdicts.append(shapes.judge(np.asarray(picture), scene))
    took = time.perf_counter() - began
    return {
        "unseen prompts": {
            "right": sum(verdict.right for verdict in verdicts),
            "colour": sum(verdict.colour for verdict in verdicts),
            "shape": sum(verdict.shape for verdict in verdicts),
            "background": sum(verdict.background for verdict in verdicts),
            "asked": len(verdicts),
            "seconds_per_image": round(took / len(verdicts), 3),
        }
    }


def load(pack: Path) -> Any:
    """The weights are float16; a CPU computes in float32."""
    import torch

    folder = pack / read(pack)["image"]["path"]
    pipeline = library("diffusers").AutoPipelineForText2Image.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
