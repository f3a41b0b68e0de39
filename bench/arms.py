"""What is compared: the bare model, the script a user would write, its batched pipeline, and ours, all of them warm.

Every arm says what it took, how many tokens it made, and a hash of its text.
"""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]
LANGUAGE = "en"


@dataclass(frozen=True)
class Run:
    """One go of an arm. ``cpu``: processor seconds, children included; ``windows``: model calls on windows of audio."""

    seconds: float
    cpu: float
    tokens: int
    digest: str
    windows: int


class Clock:
    """Wall and processor seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = perf_counter(), _cpu()

    def read(self) -> tuple[float, float]:
        """(wall, processor)."""
        return perf_counter() - self._wall, _cpu() - self._cpu


def _cpu() -> float:
    return sum(os.times()[:4])


def said(texts: Iterable[str]) -> tuple[int, str]:
    """Tokens and hash of texts in order: the made-up words of the true-shape models are one token each."""
    words = [word for text in texts for word in text.split()]
    return len(words), sha256(" ".join(words).encode()).hexdigest()[:12]


def load(model: Path, *, threads: int, workers: int = 1) -> Any:
    """A WhisperModel as anyone would load it."""
    from faster_whisper import WhisperModel

    folder = str(model)
    return WhisperModel(
        folder, device="cpu", compute_type="int8", cpu_threads=threads, num_workers=workers, local_files_only=True
    )


def bare(model: Any, chunks: Sequence[Audio], *, workers: int) -> Run:
    """A0: the model calls alone, on chunks that are decoded and cut already; as many at once as there are workers."""

    def hear(chunk: Audio) -> str:
        segments, _ = model.transcribe(
            chunk, language=LANGUAGE, beam_size=5, temperature=0.0, word_timestamps=True,
            condition_on_previous_text=False, no_speech_threshold=None, log_prob_threshold=None,
            compression_ratio_threshold=None,
        )  # fmt: skip
        return " ".join(segment.text for segment in segments)

    clock = Clock()
    with ThreadPoolExecutor(workers) as pool:
        texts = list(pool.map(hear, chunks))
    return Run(*clock.read(), *said(texts), len(chunks))


def script(model: Any, media: Path) -> Run:
    """A1: what a user would write. The windows are its own: 30 s of what its voice filter left."""
    clock = Clock()
    segments, _ = model.transcribe(str(media), language=LANGUAGE, vad_filter=True, word_timestamps=True)
    texts = [segment.text for segment in segments]
    return Run(*clock.read(), *said(texts), len(texts))


def batched(model: Any, media: Path) -> Run:
    """A2: the same through faster-whisper's batched pipeline."""
    from faster_whisper import BatchedInferencePipeline

    clock = Clock()
    segments, _ = BatchedInferencePipeline(model=model).transcribe(
        str(media), language=LANGUAGE, word_timestamps=True, batch_size=8
    )
    texts = [segment.text for segment in segments]
    return Run(*clock.read(), *said(texts), len(texts))
