"""How long ``chalkstream --help`` takes, and that it imports nothing heavy."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

from bench.figures.figure import Figure, Lab, judged
from bench.processes import ROOT
from bench.statistics import estimate

HEAVY = ("numpy", "av", "ctranslate2", "faster_whisper", "onnxruntime", "tokenizers", "sentencepiece", "torch",
         "transformers", "huggingface_hub", "aiokafka", "faststream", "boto3", "minio", "opentelemetry")  # fmt: skip
ASK = f"""
import sys
sys.argv = ["chalkstream", "--help"]
from streams.cli import main
try:
    main()
finally:
    sys.stderr.write(",".join(sorted(set({HEAVY!r}) & set(sys.modules))))
"""


def measure(lab: Lab) -> list[Figure]:
    """The console script where it is installed, in turn with an interpreter that does nothing."""
    script = Path(sys.executable).with_name("chalkstream")
    ours = [str(script), "--help"] if script.exists() else [sys.executable, "-m", "streams", "--help"]
    nothing = [sys.executable, "-c", "pass"]
    for command in (ours, nothing):
        _timed(command)
    taken = [(_timed(ours), _timed(nothing)) for _ in range(3 if lab.quick else 15)]
    heavy = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, cwd=ROOT, check=False).stderr
    bare = estimate([empty for _, empty in taken])
    note = f"heavy imports: {heavy or 'none'}; an empty interpreter takes {bare.value:.3f} s"
    figure = judged(
        "start of chalkstream --help", estimate([help_ for help_, _ in taken]), "s", at_most=(0.5, 0.25), note=note
    )
    return [figure if not heavy else Figure(**{**vars(figure), "verdict": "missed: heavy imports"})]


def _timed(command: list[str]) -> float:
    began = perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, cwd=ROOT, check=True)
    return perf_counter() - began
