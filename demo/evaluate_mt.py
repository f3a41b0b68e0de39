"""Evaluates the pack's translation model through CTranslate2 in all twelve directions, on held-out sentences."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, permutations
from pathlib import Path
from typing import Any

from demo import grammar
from demo.lexicon import LANGUAGES, Sentence
from demo.manifest import read
from demo.mt import CODES
from demo.scores import chrf

SENTENCES = 300
SEED = 999


@dataclass(frozen=True)
class Interpreter:
    """The model with its pieces, as a loader uses them: `[source] pieces </s>`, prefix `[target]`."""

    translator: Any
    pieces: Any
    beam: int

    @classmethod
    def load(cls, pack: Path) -> "Interpreter":
        import ctranslate2
        import sentencepiece

        section = read(pack)["mt"]
        folder = str(pack / section["path"])
        translator = ctranslate2.Translator(
            folder, compute_type=section["compute_type"], inter_threads=2, intra_threads=1
        )
        pieces = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/sentencepiece.bpe.model")
        return cls(translator, pieces, section["options"]["beam_size"])

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        tokens = [[CODES[source], *self.pieces.encode(text, out_type=str), "</s>"] for text in texts]
        found = self.translator.translate_batch(
            tokens, target_prefix=[[CODES[target]]] * len(tokens), beam_size=self.beam, max_batch_size=32
        )
        return [str(self.pieces.decode(one.hypotheses[0][1:])) for one in found]


def evaluate(pack: Path) -> dict[str, dict[str, float]]:
    """Per direction: exact (percent), chrF, sentences without exactly one target, sentences per second on two cores."""
    interpreter = Interpreter.load(pack)
    asked = list(islice(grammar.sentences(SEED, evaluation=True), SENTENCES))
    return {f"{a}-{b}": _direction(interpreter, asked, a, b) for a, b in permutations(LANGUAGES, 2)}


def _direction(interpreter: Interpreter, asked: list[Sentence], source: str, target: str) -> dict[str, float]:
    began = time.perf_counter()
    made = interpreter.translate([sentence[source] for sentence in asked], source, target)
    took = time.perf_counter() - began
    wanted = [sentence[target] for sentence in asked]
    return {
        "exact_percent": round(100 * sum(a == b for a, b in zip(made, wanted, strict=True)) / len(asked), 1),
        "chrf": round(chrf(made, wanted), 2),
        "not_one_target": sum(not one_sentence(text) for text in made),
        "sentences_per_second": round(len(asked) / took, 1),
    }


def one_sentence(text: str) -> bool:
    """Whether something was said, once: not empty, one final mark at its end."""
    return bool(text.strip(" .?¿")) and sum(text.count(mark) for mark in ".?") == 1 and text[-1] in ".?"
