"""Chat by CTranslate2: one ``generate_batch`` per batch, whose callback hears each token and may end any of its lines.

[measured, 148 M Llama, int8, 64 prompts of 20 tokens, 32 new ones, one thread] the callback costs nothing (7.9 s of CPU
with and without); slices of 8 tokens would read each prompt four times, three times the work. CTranslate2 can't be
seeded anew once a thread has sampled, so seeds are not honoured. The system's prompt that all of a batch share is its
static prompt: read once for all of them, and kept when it comes again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from processors.chatting.opening import Kept, common
from processors.engines.conversing import TokenChatter
from processors.engines.lanes import Hear, Line
from processors.engines.loading import loading
from processors.engines.prompts import Prompts
from schemas.plan import ModelIdentity

EVERY_TOKEN = 0
"""CTranslate2's word for sampling among all tokens; 1 is greedy."""


class Generating:
    """Runs batches on a CTranslate2 ``Generator``; safe from as many threads as it has instances."""

    def __init__(self, model: Any, prompts: Prompts) -> None:
        self._model, self._prompts = model, prompts
        self._kept = Kept()
        self._ends = [prompts.token(each) for each in sorted(prompts.ends)]

    def __call__(self, lines: Sequence[Line], hear: Hear) -> None:
        """Until every line is over. Prompts of unlike length are read on inside the loop, and that counts as length."""
        tokens = [[*line.prompt, *line.made] for line in lines]
        opening = common(tokens, [line.system for line in lines])
        prompts = [[self._prompts.token(each) for each in prompt[len(opening) :]] for prompt in tokens]
        lengths = [len(prompt) for prompt in prompts]
        static = [self._prompts.token(each) for each in opening]
        self._model.generate_batch(
            prompts, static_prompt=static or None, cache_static_prompt=self._kept.worth(opening),
            max_length=max(line.room - len(line.made) for line in lines) + max(lengths) - min(lengths) + 1,
            include_prompt_in_result=False, beam_size=1, end_token=self._ends or None,
            callback=lambda result: hear(result.batch_id, result.token_id), **_options(lines[0]),
        )  # fmt: skip


def _options(line: Line) -> dict[str, Any]:
    """All lines of a batch sample alike."""
    wanted = line.ask.sampling
    if wanted.temperature <= 0:
        return {"sampling_topk": 1}
    return {
        "sampling_topk": wanted.top_k or EVERY_TOKEN, "sampling_topp": wanted.top_p,
        "sampling_temperature": wanted.temperature,
    }  # fmt: skip


def load(
    path: Path, identity: ModelIdentity, *, context: int, options: Mapping[str, Any], compute_type: str, device: str,
    workers: int, threads: int,
) -> TokenChatter:  # fmt: skip
    """The model in directory ``path``: ``workers`` parallel instances. Raises BadSettings."""
    import ctranslate2

    with loading(path):
        model = ctranslate2.Generator(
            str(path), device=device, compute_type=compute_type, inter_threads=workers, intra_threads=threads
        )
        prompts = Prompts(path)
    return TokenChatter(Generating(model, prompts), prompts, identity, context=context, lanes=workers, options=options)
