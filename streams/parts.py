"""What a join's outputs were joined from, told from the facts alone: the links of its spans. Pure."""

from typing import Final

from processors.recipes import BLOCK_CHUNKS
from schemas.events import (
    BlockAssembled,
    BlockTranslated,
    Event,
    JobEnded,
    LanguageFailed,
    SpeechIdentified,
    SpeechTranscribed,
    SubtitlesReady,
    TranscriptReady,
)

JOINS: Final = frozenset({"assemble", "subtitle", "finish"})


def is_part(given: Event, output: Event) -> bool:
    """Whether ``output`` was made from ``given``; both are about the same run of the same job."""
    match output:
        case BlockAssembled():
            return isinstance(given, SpeechTranscribed) and given.index in _around(output.block)
        case TranscriptReady():
            return isinstance(given, SpeechTranscribed | SpeechIdentified)
        case SubtitlesReady() | LanguageFailed():
            return _of_language(given, output.language)
        case JobEnded():
            return isinstance(given, SubtitlesReady | LanguageFailed)
    return False


def _around(block: int) -> range:
    """The chunks of a block and one on either side, which its first and last sentences may need."""
    return range(block * BLOCK_CHUNKS - 1, (block + 1) * BLOCK_CHUNKS + 1)


def _of_language(given: Event, language: str) -> bool:
    if isinstance(given, TranscriptReady):
        return True
    return isinstance(given, BlockTranslated) and given.target == language
