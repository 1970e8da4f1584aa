"""Bybit put together: one budget for every call, and the ports the market stage asks for."""

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.bybit.catalogue import BybitCatalogue
from arbedge.exchanges.bybit.facts import SPEC
from arbedge.exchanges.bybit.rest import BybitRest, read_fault
from arbedge.exchanges.bybit.stream import BybitScript
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.reading.venue import Site, Venue
from arbedge.exchanges.transport.surroundings import Surroundings

__all__ = ["build"]


def build(config: VenueConfig, around: Surroundings) -> Venue[BybitCatalogue]:
    """Bybit from its settings. Opens nothing: the first call does."""
    site, host = Site(SPEC, config, around), SPEC.rest[MarketKind.SPOT]
    budget = site.budget(host.name, host.weight_limit, host.window_s)
    client = site.client(host, site.guard(host.name, budget), budget, read_fault)
    catalogue = BybitCatalogue(BybitRest(client, timeout_s=config.rest_deadline_s), around.clock, config.kinds)
    return site.open(catalogue, BybitScript(SPEC.streams, lambda: catalogue.terms), read_fault)
