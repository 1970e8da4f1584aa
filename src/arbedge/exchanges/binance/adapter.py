"""Binance put together: the budgets of its two hosts, and the ports the market stage asks for."""

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.binance.catalogue import BinanceCatalogue
from arbedge.exchanges.binance.facts import FUNDING_CALLS, SPEC, SPOT_DEPTH_WEIGHTS, USDM_DEPTH_WEIGHTS, WEIGHTS
from arbedge.exchanges.binance.rest import BinanceRest
from arbedge.exchanges.binance.stream import BinanceScript
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.reading.venue import Site, Venue
from arbedge.exchanges.transport.surroundings import Surroundings

__all__ = ["Surroundings", "build"]


def build(config: VenueConfig, around: Surroundings) -> Venue[BinanceCatalogue]:
    """Binance from its settings. Opens nothing: the first call does."""
    site, usdm = Site(SPEC, config, around), SPEC.rest[MarketKind.PERP]
    budgets = {
        kind: site.budget(host.name, host.weight_limit, host.window_s, least=_heaviest(kind))
        for kind, host in SPEC.rest.items()
    }
    hosts = {
        kind: site.client(host, site.guard(host.name, budgets[kind]), budgets[kind])
        for kind, host in SPEC.rest.items()
    }
    funding_guard = site.guard("funding", site.quota(FUNDING_CALLS))
    funding_calls = site.client(usdm, funding_guard, budgets[MarketKind.PERP])
    rest = BinanceRest(hosts, funding_calls, timeout_s=config.rest_deadline_s)
    catalogue = BinanceCatalogue(rest, around.clock, config.kinds)
    return site.open(catalogue, BinanceScript(SPEC.streams, lambda: catalogue.terms))


def _heaviest(kind: MarketKind) -> int:
    """The weight of the heaviest call of a kind: a budget below it would never let that call pass."""
    depth = SPOT_DEPTH_WEIGHTS if kind is MarketKind.SPOT else USDM_DEPTH_WEIGHTS
    return max(*(weight for (of, _), weight in WEIGHTS.items() if of is kind), *(weight for _, weight in depth))
