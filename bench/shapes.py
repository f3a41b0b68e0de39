"""True-shape models with random weights, as packs of ours: sizes, speed and memory are real, the text is not.

Whisper's shapes are those of openai/whisper, NLLB's that of NLLB-200-distilled-600M. One difference from the
originals: the projection is a matrix of its own (theirs is the embeddings'), which costs memory and no time.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.weights import ADDED, LOGIT, Chains, Matrix, fill_layer, fill_norm, noise, sinusoids
from bench.words import (
    NLLB_TAGS,
    WHISPER_TEXT,
    nllb_tokens,
    whisper_tokens,
    word,
    write_nllb_tokenizer,
    write_whisper_tokenizer,
)

SEED: Final = 20_240
MADE: Final = 1
"""Raise when what is made changes: cached packs of another number are made again."""


@dataclass(frozen=True)
class Shape:
    """``words``: of each recognised chunk. Translations are as long as the source sentence says (``lengths``)."""

    depth: int
    heads: int
    layers: int


WHISPER: Final = {"tiny": Shape(384, 6, 4), "base": Shape(512, 8, 6)}
NLLB: Final = {"micro": Shape(128, 4, 2), "600m": Shape(1024, 16, 12)}
STARTS: Final = 51
"""First timestamps that faster-whisper allows (0.00 to 1.00 s); each opens a chain of its own."""
LENGTHS: Final = (6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40)
TWINS: Final = 5
USUAL: Final = 12
"""Words in the target of a source without such a word."""


def pack(cache: Path, *, asr: str, words: int, mt: str | None = None) -> Path:
    """The folder of a pack: Whisper shape ``asr`` that says ``words`` words per chunk, NLLB shape ``mt``. Made once."""
    folder = cache / f"{asr}-{words}{f'-{mt}' if mt else ''}.{MADE}"
    if not (folder / "pack.toml").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        whisper(folder / "asr", WHISPER[asr], words)
        text = _entry("asr", "faster-whisper", f"{asr}-{words}", ("en", "fr", "es", "de"))
        if mt:
            (folder / "mt").symlink_to(translator(cache, mt).resolve())
            text += _entry("mt", "ctranslate2-nllb", mt, ("en", "fr", "es", "de"))
        (folder / "pack.toml").write_text(f'[pack]\nname = "{folder.name}"\nlicence = "CC0-1.0"\n' + text)
    return folder


def translator(cache: Path, name: str) -> Path:
    """The folder of the NLLB shape ``name``. Made once."""
    folder = cache / f"nllb-{name}.{MADE}"
    if not (folder / "config.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        nllb(folder, NLLB[name])
    return folder


def _entry(kind: str, engine: str, revision: str, languages: tuple[str, ...]) -> str:
    return (
        f'[{kind}]\nengine = "{engine}"\npath = "{kind}"\nrevision = "{revision}"\nlicence = "CC0-1.0"\n'
        f'languages = {list(languages)}\ncompute_type = "int8"\n'
    )


def whisper(folder: Path, shape: Shape, words: int) -> None:
    """Write a Whisper of ``shape``: each chunk gives a timestamp, ``words`` words, a timestamp, the end."""
    from ctranslate2.specs import WhisperSpec

    folder.mkdir(parents=True)
    rng, tokens, depth = np.random.default_rng(SEED), whisper_tokens(), shape.depth
    spec = WhisperSpec(shape.layers, shape.heads, shape.layers, shape.heads)
    for conv, into in ((spec.encoder.conv1, 80), (spec.encoder.conv2, depth)):
        conv.weight, conv.bias = noise(rng, depth, into, 3, gain=(3 * into) ** -0.5), np.zeros(depth, np.float32)
    spec.encoder.position_encodings.encodings = sinusoids(1500, depth) * np.float32(0.1)
    spec.decoder.position_encodings.encodings = noise(rng, 448, depth, gain=0.02)
    _fill(spec, rng, depth)
    _listen_closely(spec.decoder.layer[-1].attention)
    chains = _whisper_chains(rng, tokens, depth, words)
    spec.decoder.embeddings.weight, spec.decoder.projection.weight = chains.embeddings, chains.projection
    spec.register_vocabulary(tokens)
    spec.config.lang_ids = [n for n, token in enumerate(tokens) if n > WHISPER_TEXT + 1 and len(token) in (6, 7)][:99]
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], [tokens.index("<|endoftext|>")]
    spec.config.alignment_heads = [(layer, head) for layer in range(1, shape.layers - 1) for head in range(2)]
    _save(spec, folder)
    write_whisper_tokenizer(tokens, folder)


def _whisper_chains(rng: np.random.Generator, tokens: list[str], depth: int, words: int) -> Chains:
    chains, zero = Chains(rng, len(tokens), depth), tokens.index("<|0.00|>")
    at = {
        name: tokens.index(f"<|{name}|>")
        for name in ("endoftext", "startoftranscript", "en", "transcribe", "notimestamps")
    }
    said = 256 + 12 * np.arange(STARTS)[:, None] * (words // 12 + 1) + np.arange(words)[None, :]
    chains.lay([[zero + n, *map(int, row)] for n, row in enumerate(said)], end=[zero + 1499, at["endoftext"]])
    chains.follow(chains.embeddings[at["startoftranscript"]], at["en"])
    chains.embeddings[at["transcribe"]] *= np.float32(0.05)
    chains.embeddings[at["notimestamps"]] = chains.embeddings[zero]
    return chains


def _listen_closely(attention: Any) -> None:
    """Turn an attention into a loud one to few frames, so that the text depends on the audio."""
    query, _, out = attention.linear
    query.weight *= np.float32(4.0)
    out.weight /= np.float32(ADDED)


def nllb(folder: Path, shape: Shape) -> None:
    """Write an NLLB of ``shape``: the word in a source that is of ``length_word`` decides how long its target gets."""
    from ctranslate2.specs import TransformerSpec

    folder.mkdir(parents=True)
    rng, tokens, depth = np.random.default_rng(SEED), nllb_tokens(), shape.depth
    spec = TransformerSpec.from_config((shape.layers, shape.layers), shape.heads)
    positions = noise(rng, 1026, depth, gain=0.02)
    spec.encoder.position_encodings.encodings = spec.decoder.position_encodings.encodings = positions
    spec.encoder.scale_embeddings = spec.decoder.scale_embeddings = False
    _fill(spec, rng, depth)
    chains, mark = _nllb_chains(rng, tokens, depth)
    _listen_to(mark, spec.decoder.layer[-1].attention, depth)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = chains.embeddings
    spec.decoder.projection.weight = chains.projection
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.config.decoder_start_token = "</s>"  # noqa: S105
    _save(spec, folder)
    write_nllb_tokenizer(tokens, folder)


def length_word(length: int) -> str:
    """The source word that makes a target ``length`` words long."""
    return word(LENGTHS.index(length))


def _nllb_chains(rng: np.random.Generator, tokens: list[str], depth: int) -> tuple[Chains, Matrix]:
    """The chains, and the direction that all words of ``length_word`` have in common."""
    chains, first, mark = Chains(rng, len(tokens), depth), tokens.index(f"▁{word(0)}"), noise(rng, depth)
    fresh = first + len(LENGTHS)
    for number, length in enumerate(LENGTHS):
        twins = [[*range(fresh + n * length, fresh + (n + 1) * length)] for n in range(TWINS)]
        fresh += TWINS * length
        chains.lay(twins, end=[tokens.index("</s>")])
        for n, twin in enumerate(twins):
            chains.follow(chains.embeddings[first + number], twin[0], logit=1.5 * LOGIT - n)
        chains.embeddings[first + number] = (chains.embeddings[first + number] + mark) * np.float32(0.5**0.5)
    usual = [*range(fresh, fresh + USUAL)]
    chains.lay([usual], end=[tokens.index("</s>")])
    chains.follow(sum(chains.embeddings[tokens.index(tag)] for tag in NLLB_TAGS), usual[0], logit=LOGIT / 3)
    return chains, mark


def _listen_to(mark: Matrix, attention: Any, depth: int) -> None:
    """Turn an attention into one to the source word with ``mark``, as loud as it takes to choose the first word."""
    query, keys, out = attention.linear
    query.weight[:], query.bias[:] = 0.0, 1.0
    keys.weight[:depth], keys.weight[depth:] = 2.0 * mark / depth, np.eye(depth)
    out.weight[:] = 0.5 * np.eye(depth)


def _fill(spec: Any, rng: np.random.Generator, depth: int) -> None:
    for side in (spec.encoder, spec.decoder):
        fill_norm(side.layer_norm, depth)
        for layer in side.layer:
            fill_layer(layer, rng, depth)


def _save(spec: Any, folder: Path) -> None:
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
