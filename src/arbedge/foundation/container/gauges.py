"""Services into metrics."""

from collections import Counter

from arbedge.foundation.container.states import LifeState
from arbedge.foundation.telemetry.metrics import Metrics

__all__ = ["MetricLifeHooks"]


class MetricLifeHooks:
    """`LifeHooks` into metrics: how many services are in each state."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._count: Counter[LifeState] = Counter()

    def service_changed(self, name: str, before: LifeState | None, after: LifeState) -> None:  # noqa: ARG002
        """Move one service from a state to another."""
        if before is not None:
            self._count[before] -= 1
        self._count[after] += 1
        for state in LifeState:
            self._metrics.set("arbedge_services", self._count[state], state=state)
