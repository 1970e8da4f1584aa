"""What is fixed about Hyperliquid: host, limits, heartbeat, weights. `QUALITY.md` beside this has every source."""

from types import MappingProxyType

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.spec import Capabilities, ConnectLimit, RestHost, StreamHost, VenueSpec

__all__ = ["HISTORY_PAGE", "HISTORY_WEIGHT", "HOST", "INFO_WEIGHT", "LIGHT_WEIGHT", "SPEC", "STREAMS"]

INFO_WEIGHT, LIGHT_WEIGHT = 20, 2
HISTORY_PAGE = 500
HISTORY_WEIGHT = INFO_WEIGHT + HISTORY_PAGE // 20
"""What most questions weigh, what those for a book or the clock; a page of history weighs by its rows."""

HOST = RestHost(
    name="info", origin="https://api.hyperliquid.xyz", weight_limit=1200, window_s=60.0, used_header=None
)
STREAMS = StreamHost(
    name="public",
    url="wss://api.hyperliquid.xyz/ws",
    max_streams=100,
    params_per_frame=1,
    frame_spacing_s=0.05,
    probe_after_s=2.0,
    silence_limit_s=10.0,
    lifetime_s=86_400.0,
    heartbeat=b'{"method":"ping"}',
)
SPEC = VenueSpec(
    name="hyperliquid",
    title="Hyperliquid",
    rest=MappingProxyType({MarketKind.PERP: HOST}),
    streams=MappingProxyType({STREAMS.name: STREAMS}),
    connect=ConnectLimit(attempts=30, window_s=60.0, burst=10),
    capabilities=Capabilities(
        has_index_components=False,
        has_public_coin_networks=False,
        has_all_symbol_tops=False,
        has_open_interest_of_all=True,
        has_top_venue_time=MappingProxyType({MarketKind.PERP: True}),
    ),
)
