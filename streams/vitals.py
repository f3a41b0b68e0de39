"""Signs of life of a worker: its loop goes round, what it has in hand, how full the disk is.

``wrong`` may be asked from any thread, also when the loop stands still: that is what it is for.
"""

import asyncio
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from streams.probe import Probe

if TYPE_CHECKING:  # both bring a Kafka client, which a local run does without
    from streams.backpressure import Gauge
    from streams.desk import Desk

BEAT_SECONDS: Final = 2.0
STILL_SECONDS: Final = 30.0
"""A loop that has not gone round for so long has lost its group memberships or is about to."""


class Consumes(Protocol):
    """A stage's consumer, as far as it is looked at."""

    desk: "Desk"


@dataclass
class Vitals:
    """``state``: the folder whose disk is looked at."""

    state: Path | None = None
    ready: bool = False
    beat: float | None = None

    def wrong(self) -> str | None:
        """What is not well; nothing before the first beat."""
        still = time.monotonic() - self.beat if self.beat is not None else 0.0
        return f"the event loop has stood still for {still:.0f} s" if still > STILL_SECONDS else None

    async def follow(self, consumers: Sequence[Consumes], gauge: "Gauge", probe: Probe) -> None:
        """Beat until cancelled."""
        while True:
            self.beat = time.monotonic()
            if probe.on:
                self._tell(consumers, gauge, probe)
            await asyncio.sleep(BEAT_SECONDS)

    def _tell(self, consumers: Sequence[Consumes], gauge: "Gauge", probe: Probe) -> None:
        now = time.time()
        for consumer in consumers:
            items, stage = consumer.desk.in_flight, consumer.desk.stage.name
            oldest = max((now - item.work.read for item in items), default=0.0)
            probe.gauge("chalkstream.heartbeat", now, stage=stage)
            probe.gauge("chalkstream.inflight", len(items), stage=stage)
            probe.gauge("chalkstream.oldest.inflight", oldest, stage=stage)
            if consumer.desk.stage.held_by:
                probe.gauge("chalkstream.queued.audio", gauge.waiting_seconds)
        if self.state is not None and (free := _free(self.state)) is not None:
            probe.gauge("chalkstream.disk.free", free)


def _free(folder: Path) -> float | None:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return None
    return disk.free / disk.total if disk.total else None
