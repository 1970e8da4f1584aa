"""Services and pools into metrics."""

from collections import Counter

from arbedge.foundation.container.pools import PoolSnapshot
from arbedge.foundation.container.states import LifeState
from arbedge.foundation.telemetry.metrics import Metrics

__all__ = ["MetricLifeHooks", "MetricPoolHooks"]


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


class MetricPoolHooks:
    """`PoolHooks` into metrics."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def pool_changed(self, pool: PoolSnapshot) -> None:
        """Show the pool as it is now."""
        self._metrics.set("arbedge_pool_in_use", pool.in_use, pool=pool.name)
        self._metrics.set("arbedge_pool_idle", pool.idle, pool=pool.name)
        self._metrics.set("arbedge_pool_max", pool.max_size, pool=pool.name)
        self._metrics.set("arbedge_pool_waiting", pool.waiting, pool=pool.name)

    def pool_waited(self, pool: str) -> None:
        """Count a caller that had to wait."""
        self._metrics.inc("arbedge_pool_waits_total", pool=pool)
