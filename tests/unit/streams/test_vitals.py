"""What a worker answers to who asks whether it lives and whether it takes work."""

import asyncio
import contextlib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from infra.telemetry.monitor import Monitor
from schemas.errors import BadSettings
from streams.probe import UNSEEN
from streams.vitals import STILL_SECONDS, Vitals

NOTHING: Any = None


@contextmanager
def answering(vitals: Vitals) -> Iterator[Monitor]:
    """A monitor joined as ``streams.observing`` joins it."""
    monitor = Monitor("127.0.0.1", 0, metrics=lambda: "m 1\n", wrong=vitals.wrong, ready=lambda: vitals.ready)
    try:
        yield monitor
    finally:
        monitor.close()


def test_ready_is_what_the_worker_says() -> None:
    vitals = Vitals()
    with answering(vitals) as monitor:
        said = []
        for ready in (False, True, False):
            vitals.ready = ready
            said.append(monitor.answer("/readyz")[::2])
    assert said == [(503, "not yet\n"), (200, "ready\n"), (503, "not yet\n")]


def test_a_loop_that_stands_still_is_not_well_and_one_that_goes_round_is() -> None:
    vitals = Vitals()
    with answering(vitals) as monitor:
        assert monitor.answer("/healthz")[::2] == (200, "ok\n"), "before the first beat: models are being loaded"
        vitals.beat = time.monotonic() - STILL_SECONDS / 2
        assert monitor.answer("/healthz")[0] == 200
        vitals.beat = time.monotonic() - STILL_SECONDS - 1
        status, _, said = monitor.answer("/healthz?verbose")
        assert status == 503 and "stood still for 31 s" in said
        asyncio.run(_beat_once(vitals))
        assert monitor.answer("/healthz")[0] == 200


async def _beat_once(vitals: Vitals) -> None:
    beating = asyncio.create_task(vitals.follow([], NOTHING, UNSEEN))
    await asyncio.sleep(0)
    beating.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await beating


def test_it_is_answered_by_http_beside_the_loop_and_nothing_else_is() -> None:
    with answering(Vitals(beat=time.monotonic() - STILL_SECONDS - 1)) as monitor:
        with urllib.request.urlopen(f"http://127.0.0.1:{monitor.port}/metrics", timeout=5) as page:
            assert page.read() == b"m 1\n"
        for path, status in (("/healthz", 503), ("/readyz", 503), ("/", 404), ("/health", 404)):
            with pytest.raises(urllib.error.HTTPError) as told:
                urllib.request.urlopen(f"http://127.0.0.1:{monitor.port}{path}", timeout=5)
            told.value.close()
            assert told.value.code == status, path
        with pytest.raises(BadSettings, match="CHALKSTREAM_MONITOR__PORT"):
            Monitor("127.0.0.1", monitor.port, metrics=str, wrong=lambda: None, ready=lambda: True)
