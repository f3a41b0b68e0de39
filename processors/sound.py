"""Samples of the media clock, read back from the stored parts by range: never more than is asked for.

numpy is imported here and not where it is used: threads that import it side by side can meet it half made.
"""

from typing import TYPE_CHECKING

import numpy as np

from processors.bench import Bench
from processors.recipes import PART_SAMPLES, WORK, part_key
from schemas.base import SAMPLE_RATE
from schemas.plan import Plan

if TYPE_CHECKING:
    from processors.bench import Audio

BYTES_PER_SAMPLE = 2


def samples(plan: Plan, start: float, end: float, bench: Bench) -> "Audio":
    """Float32 in [-1, 1], 16 kHz mono, from ``start`` to ``end`` seconds of the media clock."""
    first, last = round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)
    pieces = []
    while first < last:
        index, offset = divmod(first, PART_SAMPLES)
        count = min(last - first, PART_SAMPLES - offset)
        pieces.append(bench.store.get(WORK, part_key(plan, index), offset * BYTES_PER_SAMPLE, count * BYTES_PER_SAMPLE))
        first += count
    return np.frombuffer(b"".join(pieces), dtype="<i2").astype(np.float32) / 32768.0
