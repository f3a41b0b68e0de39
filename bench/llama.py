"""A Llama of true shape with random weights that never ends by itself: as many tokens come as are asked for.

14 layers of width 768 and 32,000 tokens are 148 M weights. The row of the end mark in the projection is zero, and the
largest of 32,000 random logits never is; so speed and memory are real, and the text is not.
"""

import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.weights import fill_linear, noise
from bench.words import added, byte_letters, tokenizer, word, write

LAYERS, DEPTH, HEADS, INNER, SIZE = 14, 768, 12, 2048, 32_000
SEED: Final = 20_241
MADE: Final = 1
MARKS: Final = ("<s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
TEMPLATE: Final = (
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m['role'] + '|>' }}{{ m['content'] }}{{ '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def pack(cache: Path, *, layers: int = LAYERS, depth: int = DEPTH) -> Path:
    """The folder of a pack with this chat model. Made once."""
    folder = cache / f"llama-{layers}-{depth}.{MADE}"
    if not (folder / "pack.toml").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        llama(folder / "chat", layers, depth)
        (folder / "pack.toml").write_text(
            f'[pack]\nname = "{folder.name}"\nlicence = "CC0-1.0"\n[chat]\nengine = "ctranslate2-generator"\n'
            'path = "chat"\nrevision = "random"\nlicence = "CC0-1.0"\ncompute_type = "int8"\ncontext_tokens = 2048\n'
        )
    return folder


def llama(folder: Path, layers: int, depth: int) -> None:
    """Write the model and its tokenizer."""
    from ctranslate2.specs import TransformerDecoderModelSpec
    from ctranslate2.specs.common_spec import Activation

    folder.mkdir(parents=True)
    rng, tokens, heads = np.random.default_rng(SEED), vocabulary(), depth // 64
    spec = TransformerDecoderModelSpec.from_config(
        layers, heads, activation=Activation.SWISH, ffn_glu=True, rms_norm=True, rotary_dim=0, rotary_interleave=False
    )
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = noise(rng, len(tokens), depth)
    decoder.projection.weight = noise(rng, len(tokens), depth, gain=depth**-0.5)
    decoder.projection.weight[tokens.index("<|end|>")] = 0.0
    decoder.layer_norm.gamma = np.ones(depth, np.float32)
    for layer in decoder.layer:
        _fill(layer, rng, depth)
    spec.register_vocabulary(tokens)
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "<s>", "<|end|>", "<s>"
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    _write_tokenizer(folder, tokens)


def _fill(layer: Any, rng: np.random.Generator, depth: int) -> None:
    inner = INNER * depth // DEPTH
    for norm in (layer.self_attention.layer_norm, layer.ffn.layer_norm):
        norm.gamma = np.ones(depth, np.float32)
    joined, out = layer.self_attention.linear
    fill_linear(joined, rng, 3 * depth, depth)
    fill_linear(out, rng, depth, depth, gain=0.2)
    fill_linear(layer.ffn.linear_0, rng, inner, depth)
    fill_linear(layer.ffn.linear_0_noact, rng, inner, depth)
    fill_linear(layer.ffn.linear_1, rng, depth, inner, gain=0.2)


def vocabulary() -> list[str]:
    """Marks, the letters of byte-level BPE, made-up words."""
    letters = byte_letters()
    return [*MARKS, *letters, *(f"Ġ{word(n)}" for n in range(SIZE - len(MARKS) - len(letters)))]


def _write_tokenizer(folder: Path, tokens: list[str]) -> None:
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "vocab": {token: n for n, token in enumerate(tokens)}, "merges": [], "ignore_merges": True}
    marks = [added(number, mark) for number, mark in enumerate(MARKS)]
    write(folder / "tokenizer.json", tokenizer(marks, byte_level, byte_level, model))
    write(folder / "tokenizer_config.json", {"bos_token": "<s>", "eos_token": "<|end|>"})
    (folder / "chat_template.jinja").write_text(TEMPLATE)
