"""Pictures by diffusers (Stable Diffusion and its kin); torch and diffusers are the extra ``image``.

Each picture has a generator of its own, so its seed makes it again in any company, up to the rounding of batches.
Only safetensors are read, only from the pack's folder, and no code that comes with a model is run. Where the pack
brings a safety checker (diffusers' component of that name), what it does not let through is no picture.
"""

import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from processors.engines.loading import loading
from processors.painting import Wish
from schemas.errors import Cancelled, Unavailable
from schemas.plan import ModelIdentity

BATCH, STEPS = 4, 30


class Diffusion:
    """Implements ``Painter``."""

    def __init__(
        self, pipe: Any, identity: ModelIdentity, *, sizes: Sequence[tuple[int, int]], options: Mapping[str, Any],
        threads: int = 0,
    ) -> None:  # fmt: skip
        self.identity, self.sizes, self._pipe, self._threads = identity, tuple(sizes), pipe, threads
        self._alone = threading.Lock()
        self.own = self.sizes[0] if self.sizes else _own_size(pipe)
        self.steps, self.batch = int(options.get("num_inference_steps", STEPS)), int(options.get("batch", BATCH))
        self._options = {name: options[name] for name in ("guidance_scale", "guidance_rescale") if name in options}

    def paint(self, wishes: Sequence[Wish], left: Callable[[], bool]) -> list[bytes | None]:
        """See ``Painter``. One batch at a time: a pipeline's scheduler counts the steps of one."""
        import numpy as np
        import torch

        def look(_pipe: Any, _step: int, _time: Any, values: dict[str, Any]) -> dict[str, Any]:
            if left():
                raise Cancelled
            return values

        first = wishes[0]
        if self._threads:  # OpenMP counts for each calling thread anew, and takes all cores unless told
            torch.set_num_threads(self._threads)
        with self._alone, torch.inference_mode():
            found = self._pipe(
                [wish.prompt for wish in wishes], negative_prompt=[wish.negative for wish in wishes],
                generator=[torch.Generator("cpu").manual_seed(wish.seed) for wish in wishes], width=first.width,
                height=first.height, num_inference_steps=first.steps, output_type="np", callback_on_step_end=look,
                **self._options,
            )  # fmt: skip
        refused = getattr(found, "nsfw_content_detected", None) or [False] * len(wishes)
        return [
            None if bad else np.ascontiguousarray((picture * 255).round().astype("uint8")[..., :3]).tobytes()
            for picture, bad in zip(found.images, refused, strict=True)
        ]


def _own_size(pipe: Any) -> tuple[int, int]:
    side = int(pipe.unet.config.sample_size * pipe.vae_scale_factor)
    return side, side


def load(
    path: Path, identity: ModelIdentity, *, sizes: Sequence[str], options: Mapping[str, Any], device: str, threads: int
) -> Diffusion:
    """The pipeline in directory ``path``. Raises Unavailable without the extra, BadSettings for a bad model."""
    torch, pipeline = _libraries()
    place = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    with loading(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipe = pipeline.from_pretrained(
            str(path), torch_dtype=torch.float16 if place == "cuda" else torch.float32, use_safetensors=True,
            local_files_only=True,
        ).to(place)  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    return Diffusion(
        pipe, identity, sizes=[_pair(size) for size in sizes], options=options, threads=threads if place == "cpu" else 0
    )


def _libraries() -> tuple[Any, Any]:
    """torch and the pipeline, with their advice and progress bars off. Raises Unavailable."""
    try:
        import torch

        theirs: Any = import_module("transformers.utils.logging")
        theirs.set_verbosity_error()
        theirs.disable_progress_bar()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from diffusers import AutoPipelineForText2Image
            from diffusers.utils import logging
    except ImportError as error:
        what = f"pictures need {error.name or 'diffusers'}, which is not installed"
        raise Unavailable(what, "pip install 'chalkstream[image]'") from None
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return torch, AutoPipelineForText2Image


def _pair(size: str) -> tuple[int, int]:
    width, _, height = size.partition("x")
    return int(width), int(height)
