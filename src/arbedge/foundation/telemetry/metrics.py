"""Counting, measuring and exposing: Prometheus metrics on a registry of their own, from the catalogue only.

On a hot path take the bound series once (`metrics.counter(name, venue="binance")`) and call `inc` on it; elsewhere
`metrics.inc(name, venue="binance")` does both. An unknown name or label is a programming error and raises at once.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric as Family

from arbedge.foundation.telemetry.catalogue import CATALOGUE, Kind, Metric

__all__ = ["CounterSeries", "GaugeSeries", "HistogramSeries", "Metrics"]

Kept = TypeVar("Kept", Counter, Gauge, Histogram)


class CounterSeries(Protocol):
    """One counter with its labels set."""

    def inc(self, amount: float = 1) -> None:
        """Add; never less than 0."""
        ...


class GaugeSeries(Protocol):
    """One gauge with its labels set."""

    def set(self, value: float) -> None:
        """Show this value from now on."""
        ...

    def set_function(self, f: Callable[[], float]) -> None:
        """Show what this gives at each reading."""
        ...


class HistogramSeries(Protocol):
    """One histogram with its labels set."""

    def observe(self, amount: float) -> None:
        """Count one measurement, in the metric's unit."""
        ...


class Metrics:
    """The metrics of one program; make one a process (or one a test) and pass it in."""

    def __init__(self, catalogue: Mapping[str, Metric] = CATALOGUE) -> None:
        self.registry = CollectorRegistry()
        self._catalogue = catalogue
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in catalogue.values():
            self._declare(metric)

    def counter(self, name: str, **labels: str) -> CounterSeries:
        """The counter's series with these labels."""
        return self._series(self._counters, name, labels)

    def gauge(self, name: str, **labels: str) -> GaugeSeries:
        """The gauge's series with these labels."""
        return self._series(self._gauges, name, labels)

    def histogram(self, name: str, **labels: str) -> HistogramSeries:
        """The histogram's series with these labels."""
        return self._series(self._histograms, name, labels)

    def inc(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        self.counter(name, **labels).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        self.gauge(name, **labels).set(value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Count one measurement of a histogram."""
        self.histogram(name, **labels).observe(value)

    def value(self, name: str, **labels: str) -> float:
        """The series' value now, 0 where nothing was counted yet; of a histogram the number of measurements."""
        sample = f"{name}_count" if name in self._histograms else name
        return self.registry.get_sample_value(sample, labels) or 0.0

    def exposition(self) -> bytes:
        """Everything in the Prometheus text format."""
        return generate_latest(_WithoutCreated(self.registry))

    def _series(self, families: Mapping[str, Kept], name: str, labels: Mapping[str, str]) -> Kept:
        family = families.get(name)
        if family is None:
            raise ValueError(f"the catalogue has no such metric of that kind: {name}")
        declared = self._catalogue[name].labels
        if len(labels) != len(declared) or any(label not in labels for label in declared):
            raise ValueError(f"{name} takes labels {declared}, not {tuple(labels)}")
        return family.labels(**labels) if labels else family

    def _declare(self, metric: Metric) -> None:
        if metric.kind is Kind.COUNTER:
            self._counters[metric.name] = Counter(metric.name, metric.help, metric.labels, registry=self.registry)
        elif metric.kind is Kind.GAUGE:
            self._gauges[metric.name] = Gauge(metric.name, metric.help, metric.labels, registry=self.registry)
        else:
            self._histograms[metric.name] = Histogram(
                metric.name, metric.help, metric.labels, registry=self.registry, buckets=metric.buckets
            )


class _WithoutCreated:
    """A registry's families without the `_created` series nobody asked for: fewer lines for every scrape."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Family]:
        for family in self._registry.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family
