"""Hyperliquid put together: one host, one budget of weight, and the ports the market stage asks for."""

from functools import partial

from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.hyperliquid.catalogue import HyperliquidCatalogue
from arbedge.exchanges.hyperliquid.facts import HISTORY_WEIGHT, HOST, SPEC, STREAMS
from arbedge.exchanges.hyperliquid.tongue import CHANNELS, HyperliquidTongue
from arbedge.exchanges.reading.venue import Site, Venue
from arbedge.exchanges.transport.plain import PlainDialect
from arbedge.exchanges.transport.scripts import OneStreamEach
from arbedge.exchanges.transport.surroundings import Surroundings

__all__ = ["build"]


def build(config: VenueConfig, around: Surroundings) -> Venue[HyperliquidCatalogue]:
    """Hyperliquid from its settings. Opens nothing: the first call does."""
    site = Site(SPEC, config, around)
    budget = site.budget(HOST.name, HOST.weight_limit, HOST.window_s, least=HISTORY_WEIGHT)
    client = site.client(HOST, site.guard(HOST.name, budget), budget)
    catalogue = HyperliquidCatalogue(client, around.clock, timeout_s=config.rest_deadline_s)
    speak = partial(PlainDialect, tongue=HyperliquidTongue(around.clock.now))
    return site.open(catalogue, OneStreamEach(venue=SPEC.name, host=STREAMS, channels=CHANNELS, speak=speak))
