"""What OpenTelemetry's own variables ask for. Nothing is the default; a name we don't have stops the start.

``OTEL_EXPORTER_OTLP_ENDPOINT`` alone turns all three signals on; ``OTEL_{TRACES,METRICS,LOGS}_EXPORTER`` says it for
one (``otlp``, ``none``; metrics also ``prometheus``, which is the monitor's ``/metrics``). Samplers, headers,
time-outs, queues and resources are read by the SDK itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from schemas.errors import BadSettings

Protocol = Literal["grpc", "http/protobuf"]
SIGNALS: Final = ("TRACES", "METRICS", "LOGS")
KNOWN: Final = {"otlp", "none", "prometheus", ""}


@dataclass(frozen=True)
class Choice:
    """The OTLP protocol per signal; None: not exported."""

    traces: Protocol | None = None
    metrics: Protocol | None = None
    logs: Protocol | None = None

    @property
    def anything(self) -> bool:
        """Whether any signal leaves this process by OTLP."""
        return bool(self.traces or self.metrics or self.logs)


def choose(environment: Mapping[str, str]) -> Choice:
    """Raises BadSettings."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Choice()
    return Choice(*(_protocol(environment, signal) if _asked(environment, signal) else None for signal in SIGNALS))


def _asked(environment: Mapping[str, str], signal: str) -> bool:
    name = f"OTEL_{signal}_EXPORTER"
    told = {each.strip() for each in environment.get(name, "").split(",")}
    if told - KNOWN:
        raise BadSettings(f"{name} names {', '.join(sorted(told - KNOWN))!r}", "use otlp or none")
    somewhere = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    return "otlp" in told or (told == {""} and any(environment.get(each) for each in somewhere))


def _protocol(environment: Mapping[str, str], signal: str) -> Protocol:
    names = (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    told = next((environment[name] for name in names if environment.get(name)), "http/protobuf")
    if told == "grpc":
        return "grpc"
    if told == "http/protobuf":
        return "http/protobuf"
    raise BadSettings(f"{names[1]} is {told!r}", "use grpc or http/protobuf")
