"""Which recognised text is no speech at all: pure checks, each with its name; the recogniser acts on them.

faster-whisper's batched mode ignores its own safety options and its sequential mode drops text in silence, so the
checks are ours. Thresholds 2.4 and -1.0 and 0.6 are those of the Whisper paper (Radford et al. 2022, §4.5).
"""

import re
from collections.abc import Sequence
from typing import Final

from schemas.transcript import Segment

COMPRESSION, LOG_PROBABILITY, NO_SPEECH = 2.4, -1.0, 0.6
UNSURE_LOG_PROBABILITY, UNSURE_NO_SPEECH = -0.5, 0.3
MIN_SPEECH_SHARE: Final = 0.1
LOOP: Final = re.compile(r"\b(\w+(?:\W+\w+){0,5}?)(?:\W+\1\b){4,}")
"""A phrase of one to six words, five times in a row."""

STOCK: Final = (
    "thanks for watching",
    "thank you for watching",
    "please subscribe",
    "like and subscribe",
    "amara.org",
    "subtitles by",
    "sous-titres réalisés",
    "sous-titrage",
    "untertitel der",
    "untertitelung",
    "subtítulos realizados",
    "sottotitoli",
    "legendas pela",
    "ご視聴ありがとうございました",
    "字幕",
)
"""Phrases of the subtitles Whisper was trained on, said by nobody; only suppressed where the model is unsure."""


def weak(segment: Segment) -> bool:
    """Whether a larger beam is worth a try."""
    return segment.compression > COMPRESSION or segment.mean_log_probability < LOG_PROBABILITY


def reason(segment: Segment, spans: Sequence[tuple[float, float]]) -> str | None:
    """Why ``segment`` should be left out, or None. ``spans``: speech, seconds on the segment's clock."""
    text = segment.text.casefold()
    unsure = segment.mean_log_probability < UNSURE_LOG_PROBABILITY or segment.no_speech > UNSURE_NO_SPEECH
    if segment.no_speech > NO_SPEECH and segment.mean_log_probability < LOG_PROBABILITY:
        return "no_speech"
    if segment.compression > COMPRESSION or LOOP.search(text):
        return "repetition"
    if _share(segment, spans) < MIN_SPEECH_SHARE:
        return "text_without_speech"
    if unsure and any(phrase in text for phrase in STOCK):
        return "stock_phrase"
    return None


def _share(segment: Segment, spans: Sequence[tuple[float, float]]) -> float:
    under = sum(max(0.0, min(end, segment.end) - max(start, segment.start)) for start, end in spans)
    return under / max(0.001, segment.end - segment.start)
