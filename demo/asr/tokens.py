"""Whisper's vocabulary in miniature. The order of the tokens is a contract with CTranslate2, which finds them by
position:

text (byte-level BPE) · "" · endoftext · startoftranscript · languages · tasks · … · nospeech · notimestamps · 1501
timestamps. The empty token tells CTranslate2 >= 4.8 that the model detects languages; timestamps come last, 20 ms
apart.
"""

import json
import random
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from demo import grammar
from demo.lexicon import LANGUAGES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TEXT_TOKENS = 900
TIMESTAMPS = 1501
FRAMES_PER_TIMESTAMP = 2
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{language}|>" for language in LANGUAGES),
    *("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
)


def build(path: Path) -> None:
    """Train the text tokens on the grammar's English and write tokenizer.json (without timestamps, as converters want
    it).
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    text = (" " + sentence["en"] for sentence in islice(grammar.sentences(3), 20_000))
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=TEXT_TOKENS, initial_alphabet=sorted(alphabet), special_tokens=[], show_progress=False
    )
    tokenizer.train_from_iterator([*text, *_spoken_words()], trainer)
    content = json.loads(tokenizer.to_str())
    content["model"]["vocab"][""] = len(content["model"]["vocab"])
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.save(str(path))


def _spoken_words() -> list[str]:
    """Every word at the start and inside a sentence, so that each is few tokens wherever it stands."""
    rng, words = random.Random(4), grammar.english_words()
    return [" " + " ".join(rng.sample(words, 6)) for _ in range(2_000)] + [
        f" {word.capitalize()}" for word in words
    ] * 3


@dataclass(frozen=True)
class Tokens:
    tokenizer: "Tokenizer"

    @classmethod
    def load(cls, path: Path) -> "Tokens":
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_file(str(path)))

    def __getitem__(self, name: str) -> int:
        found = self.tokenizer.token_to_id(f"<|{name}|>")
        assert found is not None, name
        return int(found)

    @cached_property
    def first_timestamp(self) -> int:
        return self["notimestamps"] + 1

    @cached_property
    def size(self) -> int:
        return self.first_timestamp + TIMESTAMPS

    def timestamp(self, frame: float) -> int:
        return self.first_timestamp + min(TIMESTAMPS - 1, round(frame / FRAMES_PER_TIMESTAMP))

    def word(self, word: str) -> list[int]:
        return list(self.tokenizer.encode(" " + word, add_special_tokens=False).ids)

    def text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode([token for token in ids if token < self["endoftext"]]))

    def letters(self, token: int) -> int:
        return len(str(self.tokenizer.id_to_token(token)))
