"""Made-up words, and the vocabularies and tokenizers of the true-shape models. Pure; nothing here knows weights."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

SYLLABLES: Final = [a + b for a in "bdfghklmnprstvwz" for b in "aeiou"]

WHISPER_TEXT: Final = 50_257
"""Text tokens of multilingual Whisper; the last is the empty string, by which CTranslate2 knows it is multilingual."""
WHISPER_LANGUAGES: Final = 99
STEP: Final = 0.02
MIXED: Final = 7_919
"""Neighbours get words that share little: text that compresses too well is taken for a loop, rightly."""

NLLB_SIZE: Final = 256_206
NLLB_TAGS: Final = ("eng_Latn", "fra_Latn", "spa_Latn", "deu_Latn", "ita_Latn", "por_Latn")


def word(number: int) -> str:
    """The made-up word of a number: two syllables at least, no two numbers share one."""
    digits = [number % len(SYLLABLES), number // len(SYLLABLES) % len(SYLLABLES)]
    number //= len(SYLLABLES) ** 2
    while number:
        number -= 1
        digits.append(number % len(SYLLABLES))
        number //= len(SYLLABLES)
    return "".join(SYLLABLES[digit] for digit in reversed(digits))


def whisper_tokens() -> list[str]:
    """51,865 tokens in the order that CTranslate2 and faster-whisper rely on; every 12th word ends a sentence."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    letters = byte_letters()
    count = WHISPER_TEXT - 1 - len(letters)
    words = [f"Ġ{word(n * MIXED % count)}{'.' if n % 12 == 11 else ''}" for n in range(count)]
    codes = [code for code in ("en", *_LANGUAGE_CODES) if code not in ("yue",)]
    languages = [f"<|{code}|>" for code in dict.fromkeys(codes)][:WHISPER_LANGUAGES]
    special = ["<|endoftext|>", "<|startoftranscript|>", *languages, "<|translate|>", "<|transcribe|>", "<|startoflm|>"]
    special += ["<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    return [*letters, *words, "", *special, *(f"<|{n * STEP:.2f}|>" for n in range(1501))]


def write_whisper_tokenizer(tokens: Sequence[str], folder: Path) -> None:
    """``tokenizer.json`` and ``preprocessor_config.json``, with which faster-whisper loads without a network."""
    last = tokens.index("<|notimestamps|>")
    marks = [added(number, tokens[number]) for number in range(WHISPER_TEXT, last + 1)]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "vocab": {token: n for n, token in enumerate(tokens[: last + 1])}, "merges": []}
    write(folder / "tokenizer.json", tokenizer(marks, byte_level, byte_level, model))
    write(folder / "preprocessor_config.json", {"feature_size": 80, "sampling_rate": 16_000, "hop_length": 160,
                                                 "chunk_length": 30, "n_fft": 400})  # fmt: skip


def nllb_tokens() -> list[str]:
    """256,206 pieces: specials, letters, made-up words, language tags at the end."""
    first = ["<s>", "<pad>", "</s>", "<unk>", "▁", ".", ",", *"abcdefghijklmnopqrstuvwxyz"]
    return [*first, *(f"▁{word(n)}" for n in range(NLLB_SIZE - len(first) - len(NLLB_TAGS))), *NLLB_TAGS]


def write_nllb_tokenizer(tokens: Sequence[str], folder: Path) -> None:
    """A unigram ``tokenizer.json``: a known word is one piece, any other goes by letters."""
    marks = [added(n, token) for n, token in enumerate(tokens) if n < 4 or token in NLLB_TAGS]
    blanks = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    pieces = [[token, -1.0 if len(token) > 1 else -10.0] for token in tokens]
    model = {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False}
    write(folder / "tokenizer.json", tokenizer(marks, blanks, blanks, model))


def byte_letters() -> list[str]:
    """The 256 printable stand-ins of byte-level BPE, in the order of GPT-2."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in plain] + [chr(256 + n) for n in range(256 - len(plain))]


def added(number: int, content: str) -> dict[str, Any]:
    """A special token."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": content, **flags, "special": True}


def tokenizer(added: list[Any], before: dict[str, Any], after: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": before, "post_processor": None, "decoder": after, "model": model,
    }  # fmt: skip


def write(path: Path, content: dict[str, Any]) -> None:
    """JSON to a file."""
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
