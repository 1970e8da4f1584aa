"""Binance put together: one pool, its budgets and guards, and the ports the market stage asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance.catalogue import BinanceCatalogue
from arbedge.exchanges.binance.facts import FUNDING_CALLS, SPEC, SPOT_DEPTH_WEIGHTS, USDM_DEPTH_WEIGHTS, WEIGHTS
from arbedge.exchanges.binance.rest import BinanceRest
from arbedge.exchanges.binance.stream import BinanceStreams, StreamSetup
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.spec import ConnectLimit, RestHost, VenueSpec
from arbedge.exchanges.transport.connectors import make_connector
from arbedge.exchanges.transport.http import HttpPool, RestClient
from arbedge.exchanges.transport.keeper import KeeperPace
from arbedge.exchanges.transport.proxy import Proxy
from arbedge.exchanges.transport.session import SessionPorts
from arbedge.foundation.resilience.config import BreakerPolicy, BulkheadPolicy, GuardPolicy, RetryPolicy
from arbedge.foundation.resilience.guard import CallLimiter, Guard, GuardHooks
from arbedge.foundation.resilience.ratelimit import Quota, RateLimiter
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.tasks import ErrorLog, StandardLog
from arbedge.market.ports import DepthSource, FundingSource, VenueCatalogue, VenueStreams

__all__ = ["BinanceVenue", "Surroundings", "build"]

_POOL_LIMIT = 16
_CONNECT_DEADLINE_S = 15.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a venue is built into: the clock, a seeded generator for jitter, where guards report, where to log."""

    clock: Clock
    rng: Random
    guard_hooks: GuardHooks | None = None
    log: ErrorLog | None = None


@dataclass(frozen=True, slots=True)
class BinanceVenue:
    """Binance as the market stage and health pages see it. `close` ends its REST connections."""

    spec: VenueSpec
    catalogue: BinanceCatalogue
    streams: BinanceStreams
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
    proxy = Proxy(config.proxy.get_secret_value()) if config.proxy is not None else None
    pool = HttpPool(SPEC.name, clock, proxy, _POOL_LIMIT)
    budgets = {
        kind: WeightBudget(_share_of(host, kind, config.weight_share), host.window_s, clock)
        for kind, host in SPEC.rest.items()
    }
    rest_guards = {
        kind: _rest_guard(SPEC.rest[kind].name, budget, config, around) for kind, budget in budgets.items()
    }
    usdm = MarketKind.PERP
    funding_guard = _rest_guard("funding", _quota(FUNDING_CALLS, clock, config.weight_share), config, around)
    link_guard = _link_guard(_quota(SPEC.connect, clock, config.weight_share), around)
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
    ports = SessionPorts(connector, link_guard, clock, around.log or StandardLog())
    setup = StreamSetup(SPEC.streams, config.base_url, config.max_streams_per_connection, lambda: catalogue.terms)
    return BinanceVenue(
        spec=SPEC,
        catalogue=catalogue,
        streams=BinanceStreams(setup, ports, KeeperPace(around.rng)),
        pool=pool,
        guards=(*rest_guards.values(), funding_guard, link_guard),
        budgets={SPEC.rest[kind].name: budget for kind, budget in budgets.items()},
    )


def _share_of(host: RestHost, kind: MarketKind, share: float) -> int:
    """The part of a host's budget that may be used, never too small for its heaviest call."""
    depth = SPOT_DEPTH_WEIGHTS if kind is MarketKind.SPOT else USDM_DEPTH_WEIGHTS
    heaviest = max(*(weight for (of, _), weight in WEIGHTS.items() if of is kind), *(weight for _, weight in depth))
    return max(heaviest, int(host.weight_limit * share))


def _rest_guard(name: str, limiter: CallLimiter, config: VenueConfig, around: Surroundings) -> Guard:
    policy = GuardPolicy(
        deadline_s=config.rest_deadline_s * 3,
        attempt_timeout_s=config.rest_deadline_s + 1,
        retry=RetryPolicy(attempts=3, first_delay_s=0.3),
        breaker=BreakerPolicy(slow_call_s=config.rest_deadline_s),
        bulkhead=BulkheadPolicy(max_concurrent=_POOL_LIMIT // 2, max_waiting=512),
    )
    return Guard(f"{SPEC.name}:{name}", policy, around.clock, around.rng, around.guard_hooks, limiter=limiter)


def _link_guard(limiter: CallLimiter, around: Surroundings) -> Guard:
    """One attempt a call: the keeper of each link decides when to try again."""
    policy = GuardPolicy(
        deadline_s=_CONNECT_DEADLINE_S,
        attempt_timeout_s=_CONNECT_DEADLINE_S,
        retry=RetryPolicy(attempts=1),
        breaker=BreakerPolicy(open_s=1.0, max_open_s=20.0),
        bulkhead=BulkheadPolicy(max_concurrent=16, max_waiting=512),
    )
    return Guard(f"{SPEC.name}:links", policy, around.clock, around.rng, around.guard_hooks, limiter=limiter)


def _quota(limit: ConnectLimit, clock: Clock, share: float) -> CallLimiter:
    attempts = max(limit.burst, int(limit.attempts * share))
    limiter = RateLimiter({"calls": Quota(attempts, limit.window_s, limit.burst)}, clock)
    return limiter.bind(("calls", ""))


def _conforms(venue: BinanceVenue) -> tuple[VenueCatalogue, DepthSource, FundingSource, VenueStreams]:
    """Let the type checker prove that the adapter fills in every port."""
    return venue.catalogue, venue.catalogue, venue.catalogue, venue.streams
