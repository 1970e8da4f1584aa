"""Binance put together: one pool, its budgets and guards, and the ports the market stage asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance.catalogue import BinanceCatalogue
from arbedge.exchanges.binance.facts import FUNDING_CALLS, SPEC, SPOT_DEPTH_WEIGHTS, USDM_DEPTH_WEIGHTS, WEIGHTS
from arbedge.exchanges.binance.rest import BinanceRest
from arbedge.exchanges.binance.stream import BinanceScript
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.spec import RestHost, VenueSpec
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

__all__ = ["BinanceVenue", "Surroundings", "build"]


@dataclass(frozen=True, slots=True)
class BinanceVenue:
    """Binance as the market stage and health pages see it. `close` ends its REST connections."""

    spec: VenueSpec
    catalogue: BinanceCatalogue
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


def build(config: VenueConfig, around: Surroundings) -> BinanceVenue:
    """Binance from its settings. Opens nothing: the first call does."""
    clock = around.clock
    proxy = proxy_of(config)
    pool = HttpPool(SPEC.name, clock, proxy, POOL_LIMIT)
    budgets = {
        kind: WeightBudget(_share_of(host, kind, config.weight_share), host.window_s, clock)
        for kind, host in SPEC.rest.items()
    }
    rest_guards = {
        kind: rest_guard(f"{SPEC.name}:{SPEC.rest[kind].name}", budget, config, around)
        for kind, budget in budgets.items()
    }
    usdm = MarketKind.PERP
    funding_calls = quota_limiter(FUNDING_CALLS, clock, config.weight_share)
    funding_guard = rest_guard(f"{SPEC.name}:funding", funding_calls, config, around)
    opening_guard = link_guard(SPEC.name, quota_limiter(SPEC.connect, clock, config.weight_share), around)
    rest = BinanceRest(
        {
            kind: RestClient(pool, host, config.base_url, rest_guards[kind], budgets[kind])
            for kind, host in SPEC.rest.items()
        },
        RestClient(pool, SPEC.rest[usdm], config.base_url, funding_guard, budgets[usdm]),
        timeout_s=config.rest_deadline_s,
    )
    catalogue = BinanceCatalogue(rest, clock, config.kinds)
    connector = make_connector(config.transport, SPEC.name, clock, proxy)
    ports = SessionPorts(connector, opening_guard, clock, around.log or StandardLog())
    setup = FleetSetup(SPEC.name, SPEC.streams, config.base_url, config.max_streams_per_connection)
    script = BinanceScript(SPEC.streams, lambda: catalogue.terms)
    return BinanceVenue(
        spec=SPEC,
        catalogue=catalogue,
        streams=StreamFleet(setup, script, ports, KeeperPace(around.rng)),
        pool=pool,
        guards=(*rest_guards.values(), funding_guard, opening_guard),
        budgets={SPEC.rest[kind].name: budget for kind, budget in budgets.items()},
    )


def _share_of(host: RestHost, kind: MarketKind, share: float) -> int:
    """The part of a host's budget that may be used, never too small for its heaviest call."""
    depth = SPOT_DEPTH_WEIGHTS if kind is MarketKind.SPOT else USDM_DEPTH_WEIGHTS
    heaviest = max(*(weight for (of, _), weight in WEIGHTS.items() if of is kind), *(weight for _, weight in depth))
    return max(heaviest, int(host.weight_limit * share))


def _conforms(venue: BinanceVenue) -> tuple[VenueCatalogue, DepthSource, FundingSource, VenueStreams]:
    """Let the type checker prove that the adapter fills in every port."""
    return venue.catalogue, venue.catalogue, venue.catalogue, venue.streams
