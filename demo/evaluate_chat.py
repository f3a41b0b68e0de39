"""Evaluates the pack's chat model through ctranslate2.Generator and the chat template that lies in its folder,
greedy.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import questions
from demo.manifest import read
from demo.questions import Exchange

LONGEST_ANSWER = 64
SYSTEM = "You are a helpful lecture assistant."


@dataclass(frozen=True)
class Assistant:
    generator: Any
    tokenizer: Any

    @classmethod
    def load(cls, pack: Path) -> "Assistant":
        import ctranslate2
        from transformers import AutoTokenizer

        section = read(pack)["chat"]
        folder = str(pack / section["path"])
        generator = ctranslate2.Generator(folder, compute_type=section["compute_type"], intra_threads=1)
        return cls(generator, AutoTokenizer.from_pretrained(folder))

    def answer(self, question: str, system: str | None = None) -> str:
        said = [{"role": "system", "content": system}] if system else []
        said.append({"role": "user", "content": question})
        text = self.tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
        tokens = self.tokenizer.convert_ids_to_tokens(self.tokenizer(text, add_special_tokens=False).input_ids)
        found = self.generator.generate_batch(
            [tokens], max_length=LONGEST_ANSWER, sampling_topk=1, include_prompt_in_result=False, end_token=["<|end|>"]
        )
        return str(self.tokenizer.decode(found[0].sequences_ids[0], skip_special_tokens=True)).strip()


def evaluate(pack: Path) -> dict[str, dict[str, float]]:
    assistant = Assistant.load(pack)
    sets = {"unseen paraphrases": questions.unseen_paraphrases, "outside the glossary": questions.unseen_outside}
    return {name: _row(assistant, made()) for name, made in sets.items()}


def _row(assistant: Assistant, exchanges: Iterable[Exchange]) -> dict[str, float]:
    asked = list(exchanges)
    began = time.perf_counter()
    right = sum(assistant.answer(one.question) == one.answer for one in asked)
    took = time.perf_counter() - began
    prompted = sum(assistant.answer(one.question, SYSTEM) == one.answer for one in asked)
    return {
        "right": right,
        "right_with_system_prompt": prompted,
        "asked": len(asked),
        "ms_per_answer": round(1000 * took / len(asked), 1),
    }
