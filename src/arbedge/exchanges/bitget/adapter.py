"""Bitget put together: a guard an endpoint, one budget of the address, and the ports the market stage asks for."""

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.bitget.catalogue import BitgetCatalogue
from arbedge.exchanges.bitget.facts import CALLS_PER_S, SPEC
from arbedge.exchanges.bitget.faults import read_fault
from arbedge.exchanges.bitget.limits import EndpointLimiter
from arbedge.exchanges.bitget.rest import BitgetRest
from arbedge.exchanges.bitget.stream import BitgetScript
from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.reading.venue import Site, Venue
from arbedge.exchanges.spec import ConnectLimit
from arbedge.exchanges.transport.surroundings import Surroundings

__all__ = ["build"]

_BURST = 4


def build(config: VenueConfig, around: Surroundings) -> Venue[BitgetCatalogue]:
    """Bitget from its settings. Opens nothing: the first call does."""
    site, host = Site(SPEC, config, around), SPEC.rest[MarketKind.SPOT]
    budget = site.budget(host.name, host.weight_limit, host.window_s)
    clients = {}
    for path, calls in CALLS_PER_S.items():
        limiter = EndpointLimiter(site.quota(ConnectLimit(calls, 1.0, _BURST)), budget)
        clients[path] = site.client(host, site.guard(path, limiter), budget, read_fault)
    catalogue = BitgetCatalogue(BitgetRest(clients, timeout_s=config.rest_deadline_s), around.clock, config.kinds)
    return site.open(catalogue, BitgetScript(SPEC.streams, lambda: catalogue.terms))
