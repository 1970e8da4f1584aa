"""Bitget put together: a guard an endpoint, one budget of the address, and the ports the market stage asks for."""

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.bitget.catalogue import BitgetCatalogue
from arbedge.exchanges.bitget.facts import CALLS_PER_S, SPEC, UNIFIED_CALLS_PER_S, UNIFIED_SPEC
from arbedge.exchanges.bitget.faults import read_fault
from arbedge.exchanges.bitget.limits import EndpointLimiter
from arbedge.exchanges.bitget.rest import BitgetRest
from arbedge.exchanges.bitget.stream import BitgetScript
from arbedge.exchanges.bitget.v3.rest import UnifiedRest
from arbedge.exchanges.config import BitgetConfig, VenueConfig
from arbedge.exchanges.reading.venue import Site, Venue
from arbedge.exchanges.spec import ConnectLimit
from arbedge.exchanges.transport.surroundings import Surroundings

__all__ = ["build"]

_BURST = 4


def build(config: VenueConfig, around: Surroundings) -> Venue[BitgetCatalogue]:
    """Bitget from its settings. Opens nothing: the first call does."""
    is_unified = isinstance(config, BitgetConfig) and config.api == "v3"
    spec, calls_per_s = (UNIFIED_SPEC, UNIFIED_CALLS_PER_S) if is_unified else (SPEC, CALLS_PER_S)
    site, host = Site(spec, config, around), spec.rest[MarketKind.SPOT]
    budget = site.budget(host.name, host.weight_limit, host.window_s)
    clients = {}
    for path, calls in calls_per_s.items():
        limiter = EndpointLimiter(site.quota(ConnectLimit(calls, 1.0, _BURST)), budget)
        clients[path] = site.client(host, site.guard(path, limiter), budget, read_fault)
    rest = (UnifiedRest if is_unified else BitgetRest)(clients, timeout_s=config.rest_deadline_s)
    catalogue = BitgetCatalogue(rest, around.clock, config.kinds)
    return site.open(catalogue, BitgetScript(spec.streams, lambda: catalogue.terms, is_unified))
