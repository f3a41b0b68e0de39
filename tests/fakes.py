"""A bench without machines: a store in memory, engines as tables. Speech is where the samples are loud.

The fake recogniser says one word per second of speech, named after the second it begins in, so that every test can
tell which sound a word came from.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from processors.bench import Bench, Recognition, VoiceState
from processors.planning import Abilities
from processors.recipes import RESULTS, plan_key
from schemas.base import SAMPLE_RATE, to_bytes
from schemas.errors import ChalkstreamError, NotFound
from schemas.events import Event
from schemas.media import DecodeEnd, DecodeRequest, MediaInfo
from schemas.plan import ModelIdentity, Plan, Source
from schemas.transcript import Lost, Segment, Word

MODEL = ModelIdentity(name="fake", revision="1", licence="CC0-1.0", sha256="0")
LOUD = 8_000


class MemoryStore:
    """Implements ``Store``."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.renewed: list[tuple[str, str]] = []

    def get(self, bucket: str, key: str, offset: int = 0, length: int | None = None) -> bytes:
        if (bucket, key) not in self.objects:
            raise NotFound(f"no {key}")
        return self.objects[bucket, key][offset : None if length is None else offset + length]

    def create(self, bucket: str, key: str, data: bytes) -> bool:
        if (bucket, key) in self.objects:
            return False
        self.objects[bucket, key] = data
        return True

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self.objects[bucket, key] = data

    def exists(self, bucket: str, key: str) -> bool:
        return (bucket, key) in self.objects

    def names(self, bucket: str, prefix: str) -> Iterator[str]:
        return iter(sorted(key for at, key in self.objects if at == bucket and key.startswith(prefix)))

    def delete(self, bucket: str, key: str) -> None:
        self.objects.pop((bucket, key), None)

    def renew(self, bucket: str, prefix: str) -> None:
        self.renewed.append((bucket, prefix))


@dataclass
class FakeEngines:
    """Implements ``Engines`` and all its engines; counts calls. ``poison``: seconds whose recognition raises."""

    languages: tuple[str, ...] = ("en", "fr")
    likely: dict[str, float] = field(default_factory=lambda: {"en": 0.95, "fr": 0.05})
    poison: dict[int, ChalkstreamError] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    identity = MODEL
    chunk_seconds = 10.0
    max_tokens = 40

    def voice(self) -> "FakeEngines":
        return self

    recogniser = translator = voice

    def _count(self, what: str) -> None:
        self.calls[what] = self.calls.get(what, 0) + 1

    def probabilities(self, audio: Any, state: VoiceState | None) -> tuple[list[float], VoiceState]:
        loud = np.abs(audio.reshape(-1, 512)).max(axis=1) > 0.1
        return [0.9 if each else 0.05 for each in loud], VoiceState(b"h", b"c", b"x")

    def languages_of(self, audio: Any) -> dict[str, float]:
        self._count("identify")
        return self.likely

    def recognise(self, audio: Any, language: str, spans: Sequence[tuple[float, float]]) -> Recognition:
        self._count("recognise")
        second = round(float(np.abs(audio).max()) * 32768) - LOUD
        if second in self.poison:
            raise self.poison[second]
        words = [
            Word(start=start + at, end=min(end, start + at + 0.9), text=f"w{second}" + ("." if at % 5 == 4 else ""))
            for start, end in spans
            for at in range(max(1, int(end - start)))
        ]
        text = " ".join(word.text for word in words)
        return Recognition((Segment(start=words[0].start, end=words[-1].end, text=text, words=tuple(words)),), ())

    def count(self, text: str) -> int:
        return len(text.split())

    def translate(self, texts: Sequence[str], sources: Sequence[str], targets: Sequence[str]) -> list[str]:
        self._count("translate")
        return [f"{target}: {text}" for text, target in zip(texts, targets, strict=True)]


def sound(*spans: tuple[float, float], seconds: float) -> bytes:
    """PCM that is loud in ``spans``; how loud says in which second a span began."""
    samples = np.zeros(int(seconds * SAMPLE_RATE), dtype="<i2")
    for start, end in spans:
        samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)] = LOUD + int(start)
    return samples.tobytes()


class NoFile:
    """Implements ``ByteSource``: nothing to read, the fake decoder needs nothing."""

    size = 0

    def read(self, offset: int, length: int) -> bytes:
        return b""

    def close(self) -> None: ...


@dataclass(frozen=True)
class FakeDecode:
    """Implements ``Decode``: gives ``pcm`` in parts, then ``lost``; or raises ``error`` at once."""

    pcm: bytes = b""
    lost: tuple[Lost, ...] = ()
    error: ChalkstreamError | None = None

    def __call__(
        self, source: Any, request: DecodeRequest, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[MediaInfo | bytes | DecodeEnd]:
        if self.error:
            raise self.error
        yield MediaInfo(container="fake", duration=len(self.pcm) / 2 / SAMPLE_RATE)
        step = request.part_samples * 2
        yield from (self.pcm[at : at + step] for at in range(0, len(self.pcm), step))
        yield DecodeEnd(samples=len(self.pcm) // 2, lost=self.lost)


def plan(*targets: str, language: str = "auto", run: int = 0) -> Plan:
    """A plan for a fake upload."""
    source = Source(bucket="files", key="/talk.mp4", etag="e", size=1)
    return Plan(
        job="6f3f2b0e-6c1c-5d0a-9a52-7b7a1c9d4e11", run=run, source=source, source_language=language, targets=targets,
        asr=MODEL, mt=MODEL if targets else None, chunk_seconds=10.0, created="2026-01-01T00:00:00+00:00",
    )  # fmt: skip


def bench(
    made: Plan, decode: FakeDecode, engines: FakeEngines | None = None, store: MemoryStore | None = None
) -> Bench:
    """A bench whose store holds the plan."""
    store = store or MemoryStore()
    store.put(RESULTS, plan_key(made.tenant, made.job, made.run), to_bytes(made))

    def plan_of(event: Event) -> Plan:
        return Plan.model_validate_json(store.get(RESULTS, plan_key(event.tenant, event.job, event.run)))

    return Bench(
        store=store, engines=engines or FakeEngines(), decode=decode, open_source=lambda _: NoFile(), plan_of=plan_of,
        cancelled=lambda _job, _run: False, clock=lambda: 0.0,
    )  # fmt: skip


def abilities(mt: bool = True) -> Abilities:
    """What the fake engines can do."""
    return Abilities(
        MODEL, MODEL if mt else None, heard=("en",), written=("en", "fr") if mt else (), chunk_seconds=10.0
    )
