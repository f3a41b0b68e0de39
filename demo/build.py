"""Builds the pack: train, convert, put into place, record. One model at a time, so that one can be made anew alone."""

import importlib
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demo.manifest import SECTIONS, record
from demo.training import Plan, say, versions

MODELS = tuple(SECTIONS)
TRAINERS = {"asr": "demo.asr.train", "mt": "demo.mt", "chat": "demo.chat", "image": "demo.image"}
EXPORTERS = TRAINERS | {"asr": "demo.asr.export"}
LIBRARIES = ("torch", "transformers", "ctranslate2", "tokenizers", "numpy", "espeakng-loader")


def default_steps(model: str) -> int:
    return int(importlib.import_module(TRAINERS[model]).STEPS)


def build(model: str, plan: Plan, out: Path) -> None:
    """Train `model` and write it to `out`/`model`; what was there before is replaced only when all went well."""
    began = time.monotonic()
    trained = importlib.import_module(TRAINERS[model]).train(plan)
    made = plan.work / "made" / model
    made.parent.mkdir(parents=True, exist_ok=True)
    importlib.import_module(EXPORTERS[model]).export(plan, trained, made)
    shutil.rmtree(out / model, ignore_errors=True)
    shutil.copytree(made, out / model)
    record(out, model, provenance(model, plan))
    say(f"{model}: done in {(time.monotonic() - began) / 60:.1f} min")


def build_all(models: Sequence[str], plan: Plan, out: Path, steps: int | None) -> None:
    for model in models:
        build(model, Plan(plan.work, steps or default_steps(model), plan.seed, plan.resume), out)


def smoke(models: Sequence[str], work: Path) -> Path:
    """Every trainer from end to end with hardly any steps; the pack it makes loads and knows nothing."""
    for model in models:
        build(model, Plan(work, 0).smoked(), work / "pack")
    return work / "pack"


def provenance(model: str, plan: Plan) -> dict[str, Any]:
    command = f"python -m demo build --only {model} --steps {plan.steps} --seed {plan.seed}"
    extra = {"image": ("diffusers",), "mt": ("sentencepiece",)}.get(model, ())
    return {"command": command, "seed": plan.seed, "steps": plan.steps, "versions": versions(*LIBRARIES, *extra)}
