"""What ``/metrics`` answers: what this process counted, and what the store holds, in Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.telemetry.metrics import REGISTRY

CONTENT_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True)
class Reading:
    """One gauge as it was read: its name without prefix, what it tells, its one label, a value per value of that."""

    name: str
    told: str
    values: Mapping[str, float] = field(default_factory=dict)
    label: str = ""


def exposition(readings: Iterable[Reading] = ()) -> bytes:
    """The whole answer. A reading without label has its value under the empty text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Read(tuple(readings)))
    return generate_latest(REGISTRY) + generate_latest(registry)


class _Read(Collector):
    def __init__(self, readings: tuple[Reading, ...]) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        for reading in self._readings:
            labels = [reading.label] if reading.label else []
            family = GaugeMetricFamily(f"fieldwright_{reading.name}", reading.told, labels=labels)
            for value, number in reading.values.items():
                family.add_metric([value] if labels else [], number)
            yield family
