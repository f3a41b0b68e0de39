"""Instruments made from the catalogue, and the one way to write to them: by name, with the labels it declares."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from opentelemetry.metrics import Meter

from infra.telemetry.catalogue import CATALOGUE, Instrument

Labels = Mapping[str, Any]


class Measured(NamedTuple):
    """One value for one instrument."""

    name: str
    value: float
    labels: Labels = {}


class Numbers:
    """Thread-safe, as instruments are."""

    def __init__(self, meter: Meter) -> None:
        self._write = {each.name: _writer(meter, each) for each in CATALOGUE.values()}

    def note(self, name: str, value: float, labels: Labels = {}) -> None:  # noqa: B006 - never changed
        """Add to a counter, record in a histogram, set a gauge. Labels without a value are left out."""
        self._write[name](value, {label: each for label, each in labels.items() if each not in (None, "")})

    def note_all(self, found: list[Measured]) -> None:
        """Each of them."""
        for each in found:
            self.note(*each)


def _writer(meter: Meter, each: Instrument) -> Any:
    if each.kind == "counter":
        return meter.create_counter(each.name, each.unit, each.says).add
    if each.kind == "gauge":
        return meter.create_gauge(each.name, each.unit, each.says).set
    return meter.create_histogram(
        each.name, each.unit, each.says, explicit_bucket_boundaries_advisory=list(each.buckets)
    ).record
