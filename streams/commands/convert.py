"""``chalkstream models convert``: a Hugging Face folder becomes one that CTranslate2 runs, whole or not at all."""

import shutil
import sys
import tempfile
from pathlib import Path

from infra.models import conversion
from infra.models.conversion import QUANTIZATIONS, ConvertedKind
from processors.engines import converting
from schemas.errors import BadSettings


def convert(source: Path, out: Path, *, kind: str, quantization: str) -> None:
    """Write ``out`` and say what to put into a ``pack.toml``. Raises what can't be converted, or done here."""
    known = _kind(kind)
    if quantization not in QUANTIZATIONS:
        raise BadSettings(f"there is no quantization {quantization!r}", f"there are {', '.join(QUANTIZATIONS)}")
    if out.exists():
        raise BadSettings(f"{out} is there already", "remove it, or name another place")
    copied = conversion.copied(source, known)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".converting-") as folder:
        made = Path(folder) / "made"
        converting.convert(source, made, quantization=quantization, copied=copied)
        conversion.check(made, known)
        shutil.move(made, out)
    sys.stderr.write("put this into a pack.toml, with the model's licence; see docs/models.md\n")
    sys.stdout.write(conversion.section(out, known, quantization))


def _kind(told: str) -> ConvertedKind:
    for kind in conversion.ENGINES:
        if kind == told:
            return kind
    raise BadSettings(f"there is no kind {told!r} of model to convert", f"there are {', '.join(conversion.ENGINES)}")
