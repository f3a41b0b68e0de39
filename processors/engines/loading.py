"""Where the exceptions of model libraries end: a model that won't load is a setting that points at something wrong.

CTranslate2 throws RuntimeError and ValueError with its reason as text, tokenizers plain Exception, sentencepiece
OSError and RuntimeError; none has a type to tell them by, so the reason is passed on and its words choose the remedy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from schemas.errors import BadSettings, ChalkstreamError

REMEDIES: Final = (
    ("binary version", "install a newer ctranslate2, or name a model that was converted for this one"),
    ("compute type", "set compute_type = \"default\" for this model in its pack.toml"),
    ("cuda", "set CHALKSTREAM_ENGINES__DEVICE=cpu, or install what CTranslate2 needs for this GPU"),
    ("memory", "choose a smaller model, or set CHALKSTREAM_ENGINES__WORKERS=1"),
    ("bad_alloc", "choose a smaller model, or set CHALKSTREAM_ENGINES__WORKERS=1"),
)  # fmt: skip
OTHERWISE: Final = "run 'chalkstream models check', then fetch or copy the model again"


@contextmanager
def loading(path: Path) -> Iterator[None]:
    """Raise BadSettings for whatever goes wrong while the model in directory ``path`` is loaded."""
    try:
        yield
    except (ChalkstreamError, ImportError):
        raise
    except Exception as error:
        raise refused(path, error) from error


def refused(path: Path, error: Exception) -> BadSettings:
    """What to tell of a model that its library would not load."""
    reason = " ".join(str(error).split()) or type(error).__name__
    remedy = next((told for word, told in REMEDIES if word in reason.lower()), OTHERWISE)
    return BadSettings(f"the model in {path} can't be loaded: {reason[:300]}", remedy)
