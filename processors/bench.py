"""The work bench: everything a stage may ask for, as Protocols owned here and fitted in the composition root."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from schemas.events import Event
from schemas.exchanges import ChatLimits, ImageLimits
from schemas.media import DecodeEnd, DecodeRequest, MediaInfo
from schemas.plan import ModelIdentity, Plan, Source
from schemas.transcript import Segment, Suppressed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from processors.chatting.values import Chatter
    from processors.painting import Painter
    from processors.planning import Intake

    Audio = NDArray[np.float32]


class Store(Protocol):
    """Objects under ``bucket``/``key``. Raises NotFound and Unavailable, nothing else."""

    def get(self, bucket: str, key: str, offset: int = 0, length: int | None = None) -> bytes: ...
    def create(self, bucket: str, key: str, data: bytes) -> bool:
        """Put if absent; False when something stands there already. Durable on return."""
        ...

    def put(self, bucket: str, key: str, data: bytes) -> None: ...
    def exists(self, bucket: str, key: str) -> bool: ...
    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        """Keys that begin with ``prefix``, sorted."""
        ...

    def delete(self, bucket: str, key: str) -> None: ...
    def renew(self, bucket: str, prefix: str) -> None:
        """Where objects go by age: make those that begin with ``prefix`` young again, if they are not."""
        ...


class ByteSource(Protocol):
    """Random access to an upload; ``size`` in bytes."""

    size: int

    def read(self, offset: int, length: int) -> bytes: ...
    def close(self) -> None: ...


class Decode(Protocol):
    """Media to PCM parts on the media clock: MediaInfo, then parts, then DecodeEnd. Raises BadInput and Broken."""

    def __call__(
        self, source: ByteSource, request: DecodeRequest, *, cancelled: Callable[[], bool] = ...
    ) -> Iterator[MediaInfo | bytes | DecodeEnd]: ...


@dataclass(frozen=True)
class VoiceState:
    """What the voice detector remembers between calls (``bytes`` as it likes them)."""

    hidden: bytes
    cell: bytes
    context: bytes


class Voice(Protocol):
    """Speech probability per 512 samples (32 ms); the state goes in and comes out, so audio may come in pieces."""

    def probabilities(self, audio: "Audio", state: VoiceState | None) -> tuple[list[float], VoiceState]: ...


@dataclass(frozen=True)
class Recognition:
    """What was heard in one chunk, times in seconds from the chunk's start."""

    segments: tuple[Segment, ...]
    suppressed: tuple[Suppressed, ...]


class Recogniser(Protocol):
    """Speech to text, without sampling."""

    identity: ModelIdentity
    chunk_seconds: float
    languages: tuple[str, ...]

    def recognise(self, audio: "Audio", language: str, spans: Sequence[tuple[float, float]]) -> Recognition: ...
    def languages_of(self, audio: "Audio") -> dict[str, float]:
        """Probability per BCP-47 tag."""
        ...


class Translator(Protocol):
    """Sentences to sentences; many at once. Languages are BCP-47 tags."""

    identity: ModelIdentity
    languages: tuple[str, ...]
    max_tokens: int

    def count(self, text: str) -> int: ...
    def translate(self, texts: Sequence[str], sources: Sequence[str], targets: Sequence[str]) -> list[str]: ...


class Engines(Protocol):
    """Engines by kind, loaded on first use and kept. Raises Unavailable when an extra is not installed."""

    def voice(self) -> Voice: ...
    def recogniser(self) -> Recogniser: ...
    def translator(self) -> Translator: ...
    def chatter(self) -> "Chatter": ...
    def painter(self) -> "Painter": ...


@dataclass(frozen=True)
class Bench:
    """One per process; ``clock`` counts seconds of work, ``now`` since 1970; ``cancelled`` (job, run) is asked between
    steps. ``chat`` and ``image`` say what requests may ask for."""

    store: Store
    engines: Engines
    decode: Decode
    open_source: Callable[[Source], ByteSource]
    plan_of: Callable[[Event], Plan]
    cancelled: Callable[[str, int], bool]
    clock: Callable[[], float]
    version: str = "0"
    intake: "Intake | None" = None
    chat: ChatLimits = field(default_factory=ChatLimits)
    image: ImageLimits = field(default_factory=ImageLimits)
    now: Callable[[], float] = time.time
