"""Bybit put together: one pool, its one budget and guards, and the ports the market stage asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.bybit.catalogue import BybitCatalogue
from arbedge.exchanges.bybit.facts import SPEC
from arbedge.exchanges.bybit.rest import BybitRest, read_fault
from arbedge.exchanges.bybit.stream import BybitScript
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.spec import VenueSpec
from arbedge.exchanges.transport.connectors import make_connector
from arbedge.exchanges.transport.fleet import FleetSetup, StreamFleet
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
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.tasks import StandardLog
from arbedge.market.ports import DepthSource, FundingSource, VenueCatalogue, VenueStreams

__all__ = ["BybitVenue", "build"]


@dataclass(frozen=True, slots=True)
class BybitVenue:
    """Bybit as the market stage and health pages see it. `close` ends its REST connections."""

    spec: VenueSpec
    catalogue: BybitCatalogue
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


def build(config: VenueConfig, around: Surroundings) -> BybitVenue:
    """Bybit from its settings. Opens nothing: the first call does."""
    clock = around.clock
    proxy = proxy_of(config)
    pool = HttpPool(SPEC.name, clock, proxy, POOL_LIMIT)
    host = SPEC.rest[MarketKind.SPOT]
    budget = WeightBudget(max(1, int(host.weight_limit * config.weight_share)), host.window_s, clock)
    guard = rest_guard(f"{SPEC.name}:{host.name}", budget, config, around)
    opening_guard = link_guard(SPEC.name, quota_limiter(SPEC.connect, clock, config.weight_share), around)
    client = RestClient(pool, host, config.base_url, guard, budget, read_fault)
    catalogue = BybitCatalogue(BybitRest(client, timeout_s=config.rest_deadline_s), clock, config.kinds)
    connector = make_connector(config.transport, SPEC.name, clock, proxy, read_fault)
    ports = SessionPorts(connector, opening_guard, clock, around.log or StandardLog())
    setup = FleetSetup(SPEC.name, SPEC.streams, config.base_url, config.max_streams_per_connection)
    script = BybitScript(SPEC.streams, lambda: catalogue.terms)
    return BybitVenue(
        spec=SPEC,
        catalogue=catalogue,
        streams=StreamFleet(setup, script, ports, KeeperPace(around.rng)),
        pool=pool,
        guards=(guard, opening_guard),
        budgets={host.name: budget},
    )


def _conforms(venue: BybitVenue) -> tuple[VenueCatalogue, DepthSource, FundingSource, VenueStreams]:
    """Let the type checker prove that the adapter fills in every port."""
    return venue.catalogue, venue.catalogue, venue.catalogue, venue.streams
