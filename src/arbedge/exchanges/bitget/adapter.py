"""Bitget put together: one pool, a guard an endpoint, one budget of the address, and the market stage's ports."""

from collections.abc import Mapping
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.bitget.catalogue import BitgetCatalogue
from arbedge.exchanges.bitget.facts import CALLS_PER_S, SPEC
from arbedge.exchanges.bitget.faults import read_fault
from arbedge.exchanges.bitget.limits import EndpointLimiter
from arbedge.exchanges.bitget.rest import BitgetRest
from arbedge.exchanges.bitget.stream import BitgetScript
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.spec import ConnectLimit, VenueSpec
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

__all__ = ["BitgetVenue", "build"]

_BURST = 4


@dataclass(frozen=True, slots=True)
class BitgetVenue:
    """Bitget as the market stage and health pages see it. `close` ends its REST connections."""

    spec: VenueSpec
    catalogue: BitgetCatalogue
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


def build(config: VenueConfig, around: Surroundings) -> BitgetVenue:
    """Bitget from its settings. Opens nothing: the first call does."""
    clock, share = around.clock, config.weight_share
    proxy = proxy_of(config)
    pool = HttpPool(SPEC.name, clock, proxy, POOL_LIMIT)
    host = SPEC.rest[MarketKind.SPOT]
    budget = WeightBudget(max(1, int(host.weight_limit * share)), host.window_s, clock)
    guards: dict[str, Guard] = {}
    for path, calls in CALLS_PER_S.items():
        own = quota_limiter(ConnectLimit(calls, 1.0, _BURST), clock, share)
        guards[path] = rest_guard(f"{SPEC.name}:{path}", EndpointLimiter(own, budget), config, around)
    opening_guard = link_guard(SPEC.name, quota_limiter(SPEC.connect, clock, share), around)
    rest = BitgetRest(
        {
            path: RestClient(pool, host, config.base_url, guard, budget, read_fault)
            for path, guard in guards.items()
        },
        timeout_s=config.rest_deadline_s,
    )
    catalogue = BitgetCatalogue(rest, clock, config.kinds)
    ports = SessionPorts(
        make_connector(config.transport, SPEC.name, clock, proxy), opening_guard, clock, around.log or StandardLog()
    )
    setup = FleetSetup(SPEC.name, SPEC.streams, config.base_url, config.max_streams_per_connection)
    script = BitgetScript(SPEC.streams, lambda: catalogue.terms)
    return BitgetVenue(
        spec=SPEC,
        catalogue=catalogue,
        streams=StreamFleet(setup, script, ports, KeeperPace(around.rng)),
        pool=pool,
        guards=(*guards.values(), opening_guard),
        budgets={host.name: budget},
    )


def _conforms(venue: BitgetVenue) -> tuple[VenueCatalogue, DepthSource, FundingSource, VenueStreams]:
    """Let the type checker prove that the adapter fills in every port."""
    return venue.catalogue, venue.catalogue, venue.catalogue, venue.streams
