"""Every topic: how many partitions, how long it keeps, what it is for. ``init`` makes them so, ``doctor`` compares.

Internal topics have no deadline for work and keep 30 days; topics that carry text keep 7 (CONTRACT §3). Topics that
one stage reads together (``jobs`` folds over all facts of a job) have the same number of partitions.
"""

from dataclasses import dataclass
from typing import Final, Literal

DAY_MS: Final = 24 * 3600 * 1000
PARTITIONS: Final = 12
"""The planned number of workers of one stage: a lecture spreads over at most this many."""


@dataclass(frozen=True)
class Topic:
    """``retention_ms`` of -1 is for ever; a compacted topic keeps the newest per key."""

    name: str
    partitions: int = PARTITIONS
    cleanup: Literal["delete", "compact"] = "delete"
    retention_ms: int = 30 * DAY_MS
    max_bytes: int = 64 << 10

    def config(self) -> dict[str, str]:
        """As the broker's topic settings. What arrives compressed is kept unpacked: every client can read it, and a
        record is as large as it may be."""
        wanted = {
            "cleanup.policy": self.cleanup, "max.message.bytes": str(self.max_bytes),
            "compression.type": "uncompressed",
        }  # fmt: skip
        if self.cleanup == "delete":
            wanted["retention.ms"] = str(self.retention_ms)
        return wanted


TEXT = 7 * DAY_MS
TOPICS: Final[dict[str, Topic]] = {
    topic.name: topic
    for topic in (
        Topic("media.uploads", max_bytes=1 << 20),
        Topic("media.videos"),
        Topic("media.audio"),
        Topic("media.chunks"),
        Topic("media.speech"),
        Topic("media.speech.express"),
        Topic("media.transcribed", retention_ms=TEXT, max_bytes=256 << 10),
        Topic("media.sentences"),
        Topic("media.transcripts"),
        Topic("media.translated"),
        Topic("media.ended"),
        Topic("media.control", cleanup="compact"),
        Topic("media.subtitles", cleanup="compact"),
        Topic("media.jobs", cleanup="compact"),
        Topic("chat.requests", retention_ms=TEXT, max_bytes=1 << 20),
        Topic("chat.deltas", retention_ms=TEXT),
        Topic("chat.responses", retention_ms=TEXT, max_bytes=1 << 20),
        Topic("image.requests", retention_ms=TEXT, max_bytes=1 << 20),
        Topic("image.progress", retention_ms=DAY_MS),
        Topic("image.results", retention_ms=TEXT, max_bytes=1 << 20),
        Topic("dead.letters", partitions=1, retention_ms=365 * DAY_MS, max_bytes=2 << 20),
    )
}
DEAD_LETTERS: Final = "dead.letters"
