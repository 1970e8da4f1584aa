"""OKX put together: one pool, a budget and a guard an endpoint, and the ports the market stage asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.okx.catalogue import OkxCatalogue
from arbedge.exchanges.okx.facts import QUOTAS, SPEC, WINDOW_S
from arbedge.exchanges.okx.faults import read_fault
from arbedge.exchanges.okx.rest import OkxRest
from arbedge.exchanges.okx.stream import OkxScript
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

__all__ = ["OkxVenue", "build"]


@dataclass(frozen=True, slots=True)
class OkxVenue:
    """OKX as the market stage and health pages see it. `close` ends its REST connections."""

    spec: VenueSpec
    catalogue: OkxCatalogue
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


@dataclass(frozen=True, slots=True)
class _SharedSilence:
    """An endpoint's own budget; being told to wait on one endpoint silences all of them."""

    own: WeightBudget
    all: Sequence[WeightBudget]

    def reserve(self, weight: int) -> float:
        """0 when spent, otherwise the seconds to wait before asking again."""
        return self.own.reserve(weight)

    def penalise(self, seconds: float) -> None:
        """Let nothing pass for that long."""
        for budget in self.all:
            budget.penalise(seconds)


def build(config: VenueConfig, around: Surroundings) -> OkxVenue:
    """OKX from its settings. Opens nothing: the first call does."""
    clock = around.clock
    proxy = proxy_of(config)
    pool = HttpPool(SPEC.name, clock, proxy, POOL_LIMIT)
    budgets = {
        path: WeightBudget(max(1, int(limit * config.weight_share)), WINDOW_S, clock)
        for path, limit in QUOTAS.items()
    }
    silence = tuple(budgets.values())
    guards = {
        path: rest_guard(f"{SPEC.name}:{path}", _SharedSilence(budget, silence), config, around)
        for path, budget in budgets.items()
    }
    hosts = dict.fromkeys(budgets, next(iter(SPEC.rest.values())))
    clients = {
        path: RestClient(pool, host, config.base_url, guards[path], budgets[path], read_fault)
        for path, host in hosts.items()
    }
    links = link_guard(SPEC.name, quota_limiter(SPEC.connect, clock, config.weight_share), around)
    connector = make_connector(config.transport, SPEC.name, clock, proxy)
    ports = SessionPorts(connector, links, clock, around.log or StandardLog())
    setup = FleetSetup(SPEC.name, SPEC.streams, config.base_url, config.max_streams_per_connection)
    return OkxVenue(
        spec=SPEC,
        catalogue=OkxCatalogue(OkxRest(clients, timeout_s=config.rest_deadline_s), clock, config.kinds),
        streams=StreamFleet(setup, OkxScript(), ports, KeeperPace(around.rng)),
        pool=pool,
        guards=(*guards.values(), links),
        budgets=budgets,
    )


def _conforms(venue: OkxVenue) -> tuple[VenueCatalogue, DepthSource, FundingSource, VenueStreams]:
    """Let the type checker prove that the adapter fills in every port."""
    return venue.catalogue, venue.catalogue, venue.catalogue, venue.streams
