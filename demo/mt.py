"""A micro NLLB (M2M-100 architecture) between English, French, Spanish and German, trained on the grammar alone.

The layout of a pair is NLLB's and a contract with the loaders: source `[language] pieces </s>`, target prefix
`[language]`. Languages carry their FLORES codes as tokens; were one unknown to the tokenizer, training would silently
run into nonsense.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import grammar
from demo.convert import to_ctranslate2
from demo.lexicon import LANGUAGES, Sentence
from demo.libraries import library
from demo.training import Loop, Plan, one_thread

if TYPE_CHECKING:
    from torch import Tensor, nn

CODES = {"en": "eng_Latn", "fr": "fra_Latn", "es": "spa_Latn", "de": "deu_Latn"}
COPIED = ("sentencepiece.bpe.model", "tokenizer.json", "tokenizer_config.json")
STEPS = 2_500
PEAK = 2e-3
PAIRS = 96
POOL = 100
PIECES = 3_000
PADDING, END = 1, 2
FROM_ENGLISH = 0.6
CARELESS = 0.1


@dataclass(frozen=True)
class Pieces:
    """The tokenizer as ids; `unknown` and below are not words."""

    tokenizer: Any

    @classmethod
    def load(cls, folder: Path) -> "Pieces":
        tokenizer = library("transformers").NllbTokenizer.from_pretrained(
            str(folder), extra_special_tokens=list(CODES.values()), src_lang=CODES["en"]
        )
        assert all(tokenizer.convert_tokens_to_ids(code) > 3 for code in CODES.values()), "language codes are unknown"
        return cls(tokenizer)

    def ids(self, text: str, language: str) -> list[int]:
        return [self._code(language), *self._text(text), END]

    @cache  # noqa: B019 - one tokenizer lives as long as the training
    def _code(self, language: str) -> int:
        return int(self.tokenizer.convert_tokens_to_ids(CODES[language]))

    @cache  # noqa: B019
    def _text(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.convert_tokens_to_ids(self.tokenizer.tokenize(text)))


def train(plan: Plan) -> "nn.Module":
    import torch

    one_thread(plan.seed)
    pieces = prepare(plan)
    network = model(len(pieces.tokenizer))
    loop = Loop(plan, "mt", network, torch.optim.AdamW(network.parameters(), lr=PEAK, betas=(0.9, 0.98)), PEAK, 200)
    network.train()
    for step in loop:
        if step % POOL == 0:
            drawn = grammar.sentences(plan.seed * 1_000_003 + step)
            loop.checkpoint()
        loop.update(loss(network, list(pairs(random.Random(f"{plan.seed}/{step}"), drawn, pieces))))
    loop.checkpoint(now=True)
    return network


def pairs(rng: random.Random, drawn: Iterator[Sentence], pieces: Pieces) -> Iterator[tuple[list[int], list[int]]]:
    for sentence in islice(drawn, PAIRS):
        source, target = _direction(rng)
        text = sentence[source]
        if rng.random() < CARELESS:
            text = text.lower().rstrip(".?")
        yield pieces.ids(text, source), [END, *pieces.ids(sentence[target], target)]


def _direction(rng: random.Random) -> tuple[str, str]:
    if rng.random() < FROM_ENGLISH:
        return "en", rng.choice(LANGUAGES[1:])
    source, target = rng.sample(LANGUAGES, 2)
    return source, target


def loss(network: "nn.Module", drawn: Sequence[tuple[list[int], list[int]]]) -> "Tensor":
    from torch.nn import functional

    source, target = _padded([a for a, _ in drawn]), _padded([b for _, b in drawn])
    logits = network(
        input_ids=source, attention_mask=(source != PADDING).long(), decoder_input_ids=target[:, :-1]
    ).logits
    return functional.cross_entropy(logits.transpose(1, 2), target[:, 1:], ignore_index=PADDING, label_smoothing=0.05)


def model(vocabulary: int) -> "nn.Module":
    transformers = library("transformers")
    width, layers, heads, inner = 128, 2, 4, 512
    config = transformers.M2M100Config(
        vocab_size=vocabulary,
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=inner,
        decoder_ffn_dim=inner,
        max_position_embeddings=256,
        dropout=0.0,
        attention_dropout=0.0,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
        scale_embedding=True,
        pad_token_id=PADDING,
        bos_token_id=0,
        eos_token_id=END,
        decoder_start_token_id=END,
    )
    network: nn.Module = transformers.M2M100ForConditionalGeneration(config)
    return network


def prepare(plan: Plan) -> Pieces:
    """Train the pieces once per work folder: sentencepiece BPE with NLLB's ids."""
    folder = plan.work / "mt"
    if not (folder / "sentencepiece.bpe.model").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        library("sentencepiece").SentencePieceTrainer.train(
            sentence_iterator=(text for sentence in islice(grammar.sentences(7), 40_000) for text in sentence.values()),
            model_prefix=str(folder / "sentencepiece.bpe"),
            vocab_size=PIECES,
            model_type="bpe",
            character_coverage=1.0,
            num_threads=1,
            minloglevel=2,
            unk_id=0,
            bos_id=1,
            eos_id=2,
            pad_id=-1,
        )
        (folder / "tokenizer_config.json").write_text(
            json.dumps({"tokenizer_class": "NllbTokenizer", "model_max_length": 256})
        )
        (folder / "config.json").write_text(json.dumps({"model_type": "m2m_100"}))
    return Pieces.load(folder)


def _padded(rows: Sequence[Sequence[int]]) -> "Tensor":
    import torch

    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PADDING] * (longest - len(row))] for row in rows])


def export(plan: Plan, network: Any, out: Path) -> None:
    pieces, folder = prepare(plan), plan.work / "mt-transformers"
    folder.mkdir(parents=True, exist_ok=True)
    network.eval().save_pretrained(folder)
    pieces.tokenizer.save_pretrained(folder)
    pieces_model = plan.work / "mt" / "sentencepiece.bpe.model"
    (folder / pieces_model.name).write_bytes(pieces_model.read_bytes())
    to_ctranslate2(folder, out, COPIED)
