"""A venue put together: what the market stage and the health pages use of it, the same for every venue."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.spec import ConnectLimit, RestHost, VenueSpec
from arbedge.exchanges.transport.connectors import make_connector
from arbedge.exchanges.transport.faults import FaultReader, fault_of
from arbedge.exchanges.transport.fleet import FleetSetup, StreamFleet, StreamScript
from arbedge.exchanges.transport.http import HttpPool, RestClient
from arbedge.exchanges.transport.keeper import KeeperPace
from arbedge.exchanges.transport.session import SessionPorts
from arbedge.exchanges.transport.surroundings import (
    POOL_LIMIT,
    Surroundings,
    link_guard,
    proxy_of,
    quota_limiter,
    rest_guard,
)
from arbedge.foundation.resilience.guard import CallLimiter, Guard
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.tasks import StandardLog
from arbedge.market.ports import DepthSource, FundingSource, VenueCatalogue

__all__ = ["Catalogue", "Site", "Venue"]


class Catalogue(VenueCatalogue, DepthSource, FundingSource, Protocol):
    """Every venue's catalogue also reads its books and its funding."""


C = TypeVar("C", bound=Catalogue)


@dataclass(frozen=True, slots=True)
class Venue(Generic[C]):
    """A venue as the market stage and health pages see it. `close` ends its REST connections."""

    spec: VenueSpec
    catalogue: C
    streams: StreamFleet
    pool: HttpPool
    guards: tuple[Guard, ...]
    budgets: Mapping[str, WeightBudget]

    @property
    def name(self) -> str:
        """The venue's slug."""
        return self.spec.name

    async def close(self) -> None:
        """Close the pool; streams end when their `run` is cancelled."""
        await self.pool.close()


class Site:
    """A venue being put together from its settings: one pool, the guards and budgets made here, then its streams.

    Opens nothing: the first call does.
    """

    def __init__(self, spec: VenueSpec, config: VenueConfig, around: Surroundings) -> None:
        self._spec = spec
        self._config = config
        self._around = around
        self._pool = HttpPool(spec.name, around.clock, proxy_of(config), POOL_LIMIT)
        self._guards: list[Guard] = []
        self._budgets: dict[str, WeightBudget] = {}

    def budget(self, name: str, weight: int, window_s: float, *, least: int = 1) -> WeightBudget:
        """The part of `weight` in a window that the settings allow, never under `least` (the heaviest call)."""
        allowed = max(least, int(weight * self._config.weight_share))
        made = self._budgets[name] = WeightBudget(allowed, window_s, self._around.clock)
        return made

    def quota(self, limit: ConnectLimit) -> CallLimiter:
        """The part of a count of calls in a window that the settings allow."""
        return quota_limiter(limit, self._around.clock, self._config.weight_share)

    def guard(self, name: str, limiter: CallLimiter) -> Guard:
        """The guard of the REST calls one limiter counts."""
        made = rest_guard(f"{self._spec.name}:{name}", limiter, self._config, self._around)
        self._guards.append(made)
        return made

    def client(
        self, host: RestHost, guard: Guard, budget: WeightBudget, read_fault: FaultReader = fault_of
    ) -> RestClient:
        """Calls to one host behind a guard, corrected by what the venue says it counted."""
        return RestClient(self._pool, host, self._config.base_url, guard, budget, read_fault)

    def open(self, catalogue: C, script: StreamScript, read_fault: FaultReader = fault_of) -> Venue[C]:
        """The whole venue; `read_fault` knows what a refused handshake means."""
        spec, config, around = self._spec, self._config, self._around
        opening_guard = link_guard(spec.name, self.quota(spec.connect), around)
        connector = make_connector(config.transport, spec.name, around.clock, proxy_of(config), read_fault)
        ports = SessionPorts(connector, opening_guard, around.clock, around.log or StandardLog())
        setup = FleetSetup(spec.name, spec.streams, config.base_url, config.max_streams_per_connection)
        return Venue(
            spec=spec,
            catalogue=catalogue,
            streams=StreamFleet(setup, script, ports, KeeperPace(around.rng)),
            pool=self._pool,
            guards=(*self._guards, opening_guard),
            budgets=MappingProxyType(self._budgets),
        )
