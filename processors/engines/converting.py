"""From a Hugging Face folder to a CTranslate2 one, once and before anything runs; torch and transformers are an extra.

Only safetensors are read, only from the folder, and no code that comes with a model is run: the caller has looked.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processors.engines.loading import loading
from schemas.errors import Unavailable

INSTALL = "pip install 'chalkstream[transformers]'"


def convert(source: Path, out: Path, *, quantization: str, copied: Sequence[str]) -> None:
    """Write ``out``, which must not be there; files in ``copied`` go along.

    Raises Unavailable without the extra, BadSettings for a model that can't be converted.
    """
    converter = _converter()
    with loading(source):
        made: Any = converter(str(source), copy_files=list(copied), trust_remote_code=False)
        made.convert(str(out), quantization=quantization)


def _converter() -> Any:
    try:
        import torch  # noqa: F401 - CTranslate2 finds out too late
        import transformers
        from ctranslate2.converters import TransformersConverter
    except ImportError as error:
        what = f"converting a model needs {error.name}, which is not installed"
        raise Unavailable(what, INSTALL) from None
    theirs: Any = transformers.utils.logging
    theirs.set_verbosity_error()
    theirs.disable_progress_bar()
    return TransformersConverter
