"""From a transformers folder to a CTranslate2 one: weights in int8, and the tokenizer files beside them."""

import shutil
from collections.abc import Iterable
from pathlib import Path


def to_ctranslate2(source: Path, out: Path, copied: Iterable[str]) -> None:
    """Replaces `out`. The files in `copied` must lie in `source`: loaders look for them beside the weights."""
    from ctranslate2.converters import TransformersConverter

    shutil.rmtree(out, ignore_errors=True)
    converter = TransformersConverter(str(source), copy_files=list(copied))
    converter.convert(str(out), quantization="int8", force=True)
