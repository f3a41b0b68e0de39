"""Telemetry joined to the runners: what the environment asks for becomes a probe, a monitor and one way to close both.

Without an exporter and a monitor the probe is the one that sees nothing, and OpenTelemetry is never imported.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

from infra.settings import Settings
from infra.telemetry.choice import choose
from streams.parts import JOINS, is_part
from streams.probe import UNSEEN, Probe
from streams.vitals import Vitals


@dataclass(frozen=True)
class Observed:
    """One per process."""

    probe: Probe = UNSEEN
    vitals: Vitals = field(default_factory=Vitals)
    close: Callable[[], None] = lambda: None


def observe(settings: Settings, environment: Mapping[str, str]) -> Observed:
    """Raises BadSettings for what can't be had."""
    choice, watched = choose(environment), settings.monitor.port != 0
    if not choice.anything and not watched:
        return Observed()
    from infra.telemetry.monitor import Monitor
    from infra.telemetry.parts import Parts
    from infra.telemetry.starting import start

    vitals = Vitals(state=settings.state)
    telemetry = start(choice, version=version("chalkstream"), parts=Parts(JOINS, is_part), paged=watched)
    if not watched:
        return Observed(telemetry.recorder, vitals, telemetry.close)
    monitor = Monitor(
        settings.monitor.host, settings.monitor.port, metrics=telemetry.page, wrong=vitals.wrong,
        ready=lambda: vitals.ready,
    )  # fmt: skip

    def close() -> None:
        telemetry.close()
        monitor.close()

    return Observed(telemetry.recorder, vitals, close)
