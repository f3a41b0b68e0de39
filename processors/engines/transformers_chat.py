"""Chat by transformers: any causal model with safetensors weights; torch is an extra. One step at a time, all at once.

A seed is honoured in any company and after a crash: each number is drawn from the seed and the token's own place.

``options.lora`` names a folder with an adapter (peft) that is merged when the model is loaded. Code that comes with a
model is refused, and so are pickles.
"""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from processors.engines.conversing import TokenChatter
from processors.engines.converting import INSTALL
from processors.engines.lanes import Hear, Line
from processors.engines.loading import loading
from processors.engines.prompts import Prompts
from schemas.errors import BadSettings, Unavailable
from schemas.ids import derive
from schemas.plan import ModelIdentity

KINDS = {"float16": "float16", "bfloat16": "bfloat16"}


class Stepping:
    """Runs batches: prompts padded on the left, one token of each line per step; each seeded line draws alone."""

    def __init__(self, model: Any, torch: Any) -> None:
        self._model, self._torch = model, torch

    def __call__(self, lines: Sequence[Line], hear: Hear) -> None:
        """Until every line is over."""
        torch = self._torch
        prompts = [[*line.prompt, *line.made] for line in lines]
        width = max(map(len, prompts))
        ids = torch.tensor([[0] * (width - len(each)) + each for each in prompts], device=self._model.device)
        mask = torch.tensor([[0] * (width - len(each)) + [1] * len(each) for each in prompts], device=ids.device)
        numbers = torch.Generator(ids.device)
        alive, cache = list(range(len(lines))), None
        with torch.inference_mode():
            while alive:
                places = (mask.cumsum(-1) - 1).clamp(min=0)[:, -ids.shape[1] :]
                out = self._model(
                    input_ids=ids, attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=True
                )
                cache = out.past_key_values
                logits = out.logits[:, -1].float()
                chosen = [_choose(torch, logits[at], line, numbers) for at, line in enumerate(lines)]
                alive = [at for at in alive if not hear(at, chosen[at])]
                ids = torch.tensor(chosen, device=ids.device)[:, None]
                mask = torch.cat([mask, torch.ones_like(ids)], dim=1)


def _choose(torch: Any, logits: Any, line: Line, numbers: Any) -> int:
    """The next token. Numbers of a line with a seed depend on that and the token's place alone."""
    wanted, seed = line.ask.sampling, line.ask.seed
    if wanted.temperature <= 0:
        return int(logits.argmax())
    if seed is None:
        numbers.seed()
    else:
        numbers.manual_seed(int(derive(seed, line.ask.spent + len(line.made))[:8], 16))
    values, order = (logits / wanted.temperature).softmax(-1).sort(descending=True)
    kept = values.cumsum(-1) - values < wanted.top_p
    if wanted.top_k:
        kept[wanted.top_k :] = False
    return int(order[torch.multinomial(values * kept, 1, generator=numbers)])


def load(
    path: Path, identity: ModelIdentity, *, context: int, options: Mapping[str, Any], compute_type: str, device: str,
    workers: int, threads: int,
) -> TokenChatter:  # fmt: skip
    """The model in directory ``path``. Raises Unavailable without the extra, BadSettings for a bad model."""
    try:
        import torch
        import transformers
    except ImportError as error:
        raise Unavailable(f"this chat model needs {error.name}, which is not installed", INSTALL) from None
    kind = getattr(torch, KINDS.get(compute_type, "float32"))
    place = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    loader: Any = transformers.AutoModelForCausalLM
    _refuse_code(path)
    with loading(path):
        prompts = Prompts(path)
        model = loader.from_pretrained(
            str(path), dtype=kind, use_safetensors=True, trust_remote_code=False, local_files_only=True
        )
        model = _adapted(model, path, options).to(place).eval()
    if place == "cpu":
        torch.set_num_threads(threads)
    return TokenChatter(
        Stepping(model, torch), prompts, identity, context=context, lanes=1, options=options, seeds=True
    )


def _refuse_code(path: Path) -> None:
    """transformers would run none of it, but take another class in its place where it knows one."""
    config = path / "config.json"
    if config.is_file() and "auto_map" in json.loads(config.read_text("utf-8")):
        what = f"the model in {path} wants code of its own to be run (auto_map, trust_remote_code)"
        raise BadSettings(what, "name a model that needs none")


def _adapted(model: Any, path: Path, options: Mapping[str, Any]) -> Any:
    """With the pack's LoRA adapter merged in, if it names one."""
    if not options.get("lora"):
        return model
    folder = (path / str(options["lora"])).resolve()
    if not (folder / "adapter_model.safetensors").is_file():
        raise BadSettings(f"there is no adapter_model.safetensors in {folder}", "name the adapter's folder")
    try:
        peft: Any = import_module("peft")
    except ImportError:
        raise Unavailable("a LoRA adapter needs peft, which is not installed", INSTALL) from None
    return peft.PeftModel.from_pretrained(model, str(folder)).merge_and_unload()
