"""Every number there is: what it is called, what it counts, by which labels. Nothing is measured that is not here.

Names are OpenTelemetry's where it has one; Prometheus sees dots as underscores, the unit as an ending and ``_total``
after counters. Labels have few values: stages, topics, codes, languages, models, declared tenants; never a job.
"""

from dataclasses import dataclass
from typing import Final, Literal

SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
"""Buckets that fit milliseconds of a join and an hour of a lecture."""
ENDINGS: Final = {"s": "_seconds", "By": "_bytes"}
STAGE, TOPIC, GROUP, ERROR = "stage", "messaging.destination.name", "messaging.consumer.group.name", "error.type"
OPERATION, MODEL = "gen_ai.operation.name", "gen_ai.request.model"


@dataclass(frozen=True)
class Instrument:
    """``unit`` by UCUM; in braces it is only a word."""

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    unit: str
    says: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS

    @property
    def prometheus(self) -> str:
        """The name Prometheus knows it by."""
        plain = self.name.replace(".", "_") + ENDINGS.get(self.unit, "")
        return plain + "_total" if self.kind == "counter" else plain


def _counter(name: str, unit: str, says: str, *labels: str) -> Instrument:
    return Instrument(name, "counter", unit, says, labels)


def _gauge(name: str, unit: str, says: str, *labels: str) -> Instrument:
    return Instrument(name, "gauge", unit, says, labels)


def _histogram(name: str, unit: str, says: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> Instrument:
    return Instrument(name, "histogram", unit, says, labels, buckets)


WORK: Final = (
    _histogram("messaging.process.duration", "s", "One attempt at one record, to its last ack", TOPIC, GROUP, ERROR),
    _counter("messaging.client.consumed.messages", "{message}", "Records read", TOPIC, GROUP),
    _counter("messaging.client.sent.messages", "{message}", "Records sent", TOPIC, ERROR),
    _histogram("messaging.client.operation.duration", "s", "From send to ack", TOPIC, ERROR),
    _histogram("chalkstream.stage.wait", "s", "From being said to being begun", STAGE),
    _gauge("chalkstream.stage.lag.records", "{record}", "Records before a stage", STAGE),
    _gauge("chalkstream.queued.audio", "s", "Audio that waits for recognition"),
    _gauge("chalkstream.inflight", "{item}", "Items in hand", STAGE),
    _gauge("chalkstream.oldest.inflight", "s", "How long the oldest item in hand has been there", STAGE),
    _counter("chalkstream.retries", "{attempt}", "Attempts that failed and are made again", STAGE, ERROR),
    _counter("chalkstream.given.up", "{item}", "Items given up on", STAGE, ERROR),
    _counter("chalkstream.dead.letters", "{record}", "Records sent to dead.letters", STAGE, ERROR),
    _histogram("chalkstream.batch.items", "{item}", "Items per batch", STAGE, buckets=(1, 2, 4, 8, 16, 32, 64)),
    _histogram("chalkstream.batch.wait", "s", "From being in hand to the batch's beginning", STAGE),
)
JOBS: Final = (
    _counter("chalkstream.jobs", "{job}", "Jobs that ended", "state", "tenant"),
    _histogram("chalkstream.real.time.factor", "1", "Seconds of work per second of audio", STAGE, "model",
               buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 4)),
    _histogram("chalkstream.time.to.first.cue", "s", "From accept to the first recognised chunk", "tenant"),
    _counter("chalkstream.audio", "s", "Audio of jobs that ended", "tenant"),
    _counter("chalkstream.cues", "{cue}", "Cues written", "language"),
    _counter("chalkstream.violations", "{cue}", "Cues that break a rule of their profile", "rule"),
    _counter("chalkstream.suppressed", "{segment}", "Recognised text that was left out", "reason"),
    _counter("chalkstream.lost", "s", "Audio that could not be used", "reason"),
)  # fmt: skip
QUALITY: Final = (
    _histogram("chalkstream.speech.surprise", "1", "Mean log-probability per segment, without its minus", "language",
               buckets=(0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.5, 2, 3)),
    _histogram("chalkstream.speech.silence.probability", "1", "No-speech probability per segment", "language",
               buckets=(0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1)),
    _histogram("chalkstream.speech.compression", "1", "Compression ratio per segment", "language",
               buckets=(0.8, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.4, 3)),
    _histogram("chalkstream.speech.words.per.minute", "{word}", "Words per minute of a chunk", "language",
               buckets=(20, 60, 90, 110, 130, 150, 170, 200, 250, 350)),
    _counter("chalkstream.speech.chunks", "{chunk}", "Chunks recognised", "language"),
    _histogram("chalkstream.translation.length.ratio", "1", "Characters of a block's translation to its source's",
               "language", buckets=(0.25, 0.5, 0.7, 0.85, 1, 1.15, 1.3, 1.6, 2, 4)),
    _counter("chalkstream.translation.marked", "{sentence}", "Sentences that broke an invariant", "language", "reason"),
)  # fmt: skip
MODELS: Final = (
    _histogram("chalkstream.model.load", "s", "Loading a model", "kind", "model"),
    _gauge("chalkstream.model.loaded", "{model}", "Models in memory", "kind", "model"),
    _histogram("gen_ai.client.token.usage", "{token}", "Tokens per request", OPERATION, MODEL, "gen_ai.token.type",
               buckets=(1, 4, 16, 64, 256, 1024, 4096, 16384, 65536)),
    _histogram("gen_ai.server.request.duration", "s", "From being begun to the whole answer", OPERATION, MODEL, ERROR),
    _histogram("gen_ai.server.time_to_first_token", "s", "From being begun to the first token", OPERATION, MODEL),
)  # fmt: skip
VITALS: Final = (
    _gauge("chalkstream.heartbeat", "s", "When the worker's loop last went round, since 1970", STAGE),
    _gauge("chalkstream.disk.free", "1", "Free share of the disk below the state folder"),
)
GATEWAY: Final = (
    _histogram("http.server.request.duration", "s", "One request to the gateway, to the end of its answer",
               "http.request.method", "http.route", "http.response.status_code"),
)  # fmt: skip
CATALOGUE: Final = {each.name: each for each in (*WORK, *JOBS, *QUALITY, *MODELS, *VITALS, *GATEWAY)}


def series() -> dict[str, Instrument]:
    """Every name that a query may use: histograms have three."""
    found: dict[str, Instrument] = {}
    for each in CATALOGUE.values():
        ends = ("_bucket", "_sum", "_count") if each.kind == "histogram" else ("",)
        found |= {each.prometheus + end: each for end in ends}
    return found
