"""Translation by CTranslate2, NLLB-200 or M2M-100: source ``[lang] pieces </s>``, target prefix ``[lang]``.

On CPU one thread per instance and parallel instances beat several threads (DESIGN §8); a call's sentences are
sorted by length and cut into batches by CTranslate2 itself, so mixed languages share a batch.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from processors.engines.loading import loading
from schemas.languages import flores, primary
from schemas.plan import ModelIdentity

M2M = {"jw": "jv"}
"""M2M-100's own code where it is not the tag that Whisper uses."""
BATCH_TOKENS = 2_048
"""Padded tokens per model batch: 32 sentences of 64 tokens, where batching NLLB-600M has gained most of what it can."""


class Nllb:
    """Implements ``Translator``."""

    def __init__(
        self, model: Any, pieces: Any, identity: ModelIdentity, *, languages: Sequence[str], max_tokens: int,
        options: Mapping[str, Any], mark: Callable[[str], str] = flores, instances: int = 1,
    ) -> None:  # fmt: skip
        self.identity, self.languages, self.max_tokens, self._mark = identity, tuple(languages), max_tokens, mark
        self._model, self._pieces, self._options, self._instances = model, pieces, dict(options), instances

    def count(self, text: str) -> int:
        """Tokens of ``text``, language and end marks included."""
        return len(self._pieces.encode(text)) + 2

    def translate(self, texts: Sequence[str], sources: Sequence[str], targets: Sequence[str]) -> list[str]:
        """One target per text, in order; an unlucky decode may be empty, never missing."""
        encoded = self._pieces.encode(list(texts), out_type=str)
        tokens = [[self._mark(tag), *pieces, "</s>"] for tag, pieces in zip(sources, encoded, strict=True)]
        results = self._model.translate_batch(
            tokens, target_prefix=[[self._mark(tag)] for tag in targets], batch_type="tokens",
            max_batch_size=batch_tokens([len(each) for each in tokens], self._instances),
            max_decoding_length=2 * self.max_tokens, **self._options,
        )  # fmt: skip
        return [self._pieces.decode(result.hypotheses[0][1:]) for result in results]


class Pieces:
    """Sentence pieces from ``sentencepiece.bpe.model`` or ``tokenizer.json``, whichever the model brings."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _sentencepiece(self) -> Any:
        from sentencepiece import SentencePieceProcessor

        found = next(self._path.glob("*.model"), None)
        return SentencePieceProcessor(model_file=str(found)) if found else None

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._path / "tokenizer.json"))

    def encode(self, text: Any, out_type: type = str) -> Any:
        """Pieces of a text, or of each text of a list."""
        if self._sentencepiece:
            return self._sentencepiece.encode(text, out_type=out_type)
        if isinstance(text, list):
            return [each.tokens for each in self._tokenizer.encode_batch(text, add_special_tokens=False)]
        return self._tokenizer.encode(text, add_special_tokens=False).tokens

    def decode(self, pieces: list[str]) -> str:
        """The text of ``pieces``; special tokens are left out."""
        plain = [piece for piece in pieces if not (piece.startswith("<") and piece.endswith(">"))]
        if self._sentencepiece:
            return str(self._sentencepiece.decode(plain))
        ids = [self._tokenizer.token_to_id(piece) for piece in plain]
        return str(self._tokenizer.decode([each for each in ids if each is not None]))


def load(
    path: Path, identity: ModelIdentity, *, languages: Sequence[str], max_tokens: int, options: Mapping[str, Any],
    compute_type: str, device: str, workers: int, threads: int,
) -> Nllb:  # fmt: skip
    """The model in directory ``path``: ``workers`` parallel instances of ``threads`` threads each.

    Raises BadSettings for a model that can't be loaded.
    """
    import ctranslate2

    with loading(path):
        model = ctranslate2.Translator(
            str(path), device=device, compute_type=compute_type, inter_threads=workers, intra_threads=threads
        )
        pieces, mark = Pieces(path), marks(vocabulary(path))
        pieces.encode("")
    return Nllb(
        model, pieces, identity, languages=languages, max_tokens=max_tokens, options=options, mark=mark,
        instances=workers,
    )  # fmt: skip


def batch_tokens(lengths: Sequence[int], instances: int) -> int:
    """Padded tokens per batch, so that no instance is idle where the sentences of a call would fit into one batch."""
    share = -(-sum(lengths) // instances)
    return max(min(BATCH_TOKENS, share), *lengths, 1)


def vocabulary(path: Path) -> frozenset[str]:
    """The tokens of the model in directory ``path``."""
    listed = path / "shared_vocabulary.json"
    if listed.is_file():
        return frozenset(json.loads(listed.read_text("utf-8")))
    return frozenset((path / "shared_vocabulary.txt").read_text("utf-8").splitlines())


def marks(tokens: frozenset[str]) -> Callable[[str], str]:
    """How a model with these tokens names a language (BCP-47)."""
    return (lambda tag: f"__{M2M.get(primary(tag), primary(tag))}__") if "__en__" in tokens else flores
