"""Pictures from broker to broker over the bare pipeline: ``python -m bench.images``, where torch is installed.

The bare arm is diffusers itself, called once with all prompts; ours is a plain client's 8 requests, from the first sent
to the last answer read, with one worker of as many threads. Steps are 50, what diffusers takes unless told.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from bench.asking import IMAGES, Client, services, worker
from infra.models import installed
from processors.engines import diffusion

PROMPTS = [
    f"a {colour} {shape} on a white background" for colour in ("red", "green", "blue", "yellow")
    for shape in ("circle", "square")
]  # fmt: skip
STEPS = 50


def bare(rounds: int, threads: int) -> list[float]:
    """Seconds per call."""
    import torch

    pack = installed.at(installed.BUILT_IN / "demo")
    model = pack.need("image")
    painter = diffusion.load(
        pack.path(model), pack.identity("image"), sizes=model.sizes, options=model.options, device="cpu",
        threads=threads,
    )  # fmt: skip
    torch.set_num_threads(threads)
    width, height = painter.own
    took = []
    with torch.inference_mode():
        for _ in range(rounds + 1):
            began = time.perf_counter()
            painter._pipe(
                PROMPTS, negative_prompt=[""] * len(PROMPTS), width=width, height=height,
                num_inference_steps=STEPS, output_type="np",
                generator=[torch.Generator("cpu").manual_seed(seed) for seed in range(len(PROMPTS))],
                **painter._options,
            )  # fmt: skip
            took.append(time.perf_counter() - began)
    return took[1:]


async def through(bootstrap: str, rounds: int) -> list[float]:
    """Seconds per round, the first left out."""
    bodies: Sequence[dict[str, Any]] = [
        {"prompt": prompt, "seed": seed, "steps": STEPS} for seed, prompt in enumerate(PROMPTS)
    ]
    took = []
    async with Client(bootstrap, IMAGES) as client:
        for _ in range(rounds + 1):
            seconds, answers = await client.ask(bodies)
            assert all(len(answer["images"]) == 1 for answer in answers), answers
            took.append(seconds)
    return took[1:]


def main() -> None:
    """See above."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--rounds", type=int, default=5)
    told.add_argument("--threads", type=int, default=1)
    asked = told.parse_args()
    before = bare(asked.rounds, asked.threads)
    count = str(asked.threads)
    with services("demo", CHALKSTREAM_ENGINES__THREADS=count) as environment, worker(environment, "illustrate"):
        ours = asyncio.run(through(environment["CHALKSTREAM_KAFKA__BOOTSTRAP"], asked.rounds))
    after = bare(asked.rounds, asked.threads)
    base = median([*before, *after])
    found = {"bare_s": base, "broker_to_broker_s": median(ours), "ratio": median(ours) / base}
    print(json.dumps(found | {"raw": [before, ours, after], "load": os.getloadavg(), "asked": vars(asked)}, indent=1))


if __name__ == "__main__":
    main()
