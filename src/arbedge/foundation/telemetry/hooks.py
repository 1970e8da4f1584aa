"""The metrics side of the hooks that resilience and runtime offer."""

from typing import Any

from arbedge.foundation.resilience.breaker import BreakerState
from arbedge.foundation.runtime.streams import BoundedStream
from arbedge.foundation.telemetry.metrics import CounterSeries, HistogramSeries, Metrics

__all__ = ["MetricGuardHooks", "MetricStreamHooks", "MetricTaskHooks"]

_BREAKER_LEVEL = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}


class MetricGuardHooks:
    """`GuardHooks` into metrics; series are looked up once."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._calls: dict[tuple[str, str], tuple[CounterSeries, HistogramSeries]] = {}

    def call_ended(self, guard: str, outcome: str, elapsed_s: float) -> None:
        """Count the call and its time."""
        series = self._calls.get((guard, outcome))
        if series is None:
            counter = self._metrics.counter("arbedge_guard_calls_total", guard=guard, outcome=outcome)
            series = counter, self._metrics.histogram("arbedge_guard_call_seconds", guard=guard)
            self._calls[guard, outcome] = series
        series[0].inc()
        series[1].observe(elapsed_s)

    def retried(self, guard: str, reason: str) -> None:
        """Count a further attempt."""
        self._metrics.inc("arbedge_guard_retries_total", guard=guard, reason=reason)

    def waited(self, guard: str, seconds: float) -> None:
        """Add up the time lost to the limiter."""
        self._metrics.inc("arbedge_guard_limiter_wait_seconds_total", seconds, guard=guard)

    def breaker_changed(self, guard: str, state: BreakerState) -> None:
        """Show the circuit's state."""
        self._metrics.set("arbedge_guard_breaker_state", _BREAKER_LEVEL[state], guard=guard)
        if state is BreakerState.OPEN:
            self._metrics.inc("arbedge_guard_breaker_opened_total", guard=guard)


class MetricTaskHooks:
    """`TaskHooks` into metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def task_restarted(self, task: str) -> None:
        """Count a restart."""
        self._metrics.inc("arbedge_task_restarts_total", task=task)

    def task_failed(self, task: str) -> None:
        """Count a task given up."""
        self._metrics.inc("arbedge_task_failures_total", task=task)


class MetricStreamHooks:
    """Streams into metrics: `dropped` is a stream's `on_drop`; `watch` shows its depth at each reading."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def dropped(self, stream: str) -> None:
        """Count one dropped item."""
        self._metrics.inc("arbedge_stream_dropped_total", stream=stream)

    def watch(self, stream: BoundedStream[Any]) -> None:
        """Show how many items wait in that stream."""
        self._metrics.gauge("arbedge_stream_depth", stream=stream.name).set_function(lambda: stream.depth)
