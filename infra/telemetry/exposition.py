"""Metrics in Prometheus' text format (0.0.4), rendered from what the SDK has collected. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from infra.telemetry.catalogue import CATALOGUE

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
ESCAPES: Final = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


def render(data: Any) -> str:
    """``data`` is the SDK's MetricsData, or None; only what is in the catalogue is shown."""
    lines: list[str] = []
    for metric in _metrics(data):
        known = CATALOGUE.get(metric.name)
        if known is not None:
            lines += [f"# HELP {known.prometheus} {known.says}.", f"# TYPE {known.prometheus} {known.kind}"]
            lines += [line for point in metric.data.data_points for line in _point(known.prometheus, point)]
    return "\n".join([*lines, ""])


def _metrics(data: Any) -> Iterator[Any]:
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            yield from sorted(scope.metrics, key=lambda metric: metric.name)


def _point(name: str, point: Any) -> Iterator[str]:
    if not hasattr(point, "bucket_counts"):
        yield f"{name}{_labels(point.attributes)} {_number(point.value)}"
        return
    total = 0
    for bound, count in zip((*point.explicit_bounds, math.inf), point.bucket_counts, strict=True):
        total += count
        yield f"{name}_bucket{_labels(point.attributes, le=_number(bound))} {total}"
    yield f"{name}_sum{_labels(point.attributes)} {_number(point.sum)}"
    yield f"{name}_count{_labels(point.attributes)} {point.count}"


def _labels(attributes: Mapping[str, Any], **more: str) -> str:
    pairs: Iterable[tuple[str, Any]] = (*sorted(attributes.items()), *more.items())
    told = ",".join(f'{name.replace(".", "_")}="{_escaped(value)}"' for name, value in pairs)
    return f"{{{told}}}" if told else ""


def _escaped(value: object) -> str:
    return "".join(ESCAPES.get(letter, letter) for letter in str(value))


def _number(value: float) -> str:
    return "+Inf" if value == math.inf else repr(float(value)) if value % 1 else str(int(value))
