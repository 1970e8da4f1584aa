"""What is fixed about Bitget: hosts, limits, heartbeats. `QUALITY.md` beside this has every source."""

from dataclasses import replace
from types import MappingProxyType

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.spec import Capabilities, ConnectLimit, RestHost, StreamHost, VenueSpec

__all__ = ["CALLS_PER_S", "PRODUCT_LINES", "PUBLIC", "SPEC", "SPOT_LINE", "UNIFIED_CALLS_PER_S", "UNIFIED_SPEC"]

_SPOT, _PERP = MarketKind.SPOT, MarketKind.PERP

PUBLIC = "public"
"""Name of the one stream host: spot and contracts share it."""

SPOT_LINE = "SPOT"
PRODUCT_LINES = ("USDT-FUTURES", "USDC-FUTURES")
"""The product lines of linear contracts; a symbol is unique within one, and all calls for contracts name one."""

_REST = RestHost(
    name="public",
    origin="https://api.bitget.com",
    weight_limit=6000,
    window_s=60.0,
    used_header=None,
)

SPEC = VenueSpec(
    name="bitget",
    title="Bitget",
    rest=MappingProxyType({_SPOT: _REST, _PERP: _REST}),
    streams=MappingProxyType(
        {
            PUBLIC: StreamHost(
                name=PUBLIC,
                url="wss://ws.bitget.com/v2/ws/public",
                max_streams=100,
                params_per_frame=40,
                frame_spacing_s=0.25,
                probe_after_s=3.0,
                silence_limit_s=12.0,
                lifetime_s=86_400.0,
                heartbeat=b"ping",
                heartbeat_every_s=20.0,
                max_requests=200,
            ),
        }
    ),
    connect=ConnectLimit(attempts=300, window_s=300.0, burst=40),
    capabilities=Capabilities(
        has_index_components=True,
        has_public_coin_networks=True,
        has_all_symbol_tops=True,
        has_open_interest_of_all=True,
        has_top_venue_time=MappingProxyType({_SPOT: True, _PERP: True}),
    ),
)

CALLS_PER_S = MappingProxyType(
    {
        "v3/market/index-components": 10,
        "v2/public/time": 20,
        "v2/spot/public/symbols": 20,
        "v2/spot/public/coins": 3,
        "v2/spot/market/tickers": 20,
        "v2/spot/market/orderbook": 20,
        "v2/mix/market/contracts": 20,
        "v2/mix/market/tickers": 20,
        "v2/mix/market/merge-depth": 20,
        "v2/mix/market/current-fund-rate": 20,
        "v2/mix/market/history-fund-rate": 20,
    }
)
"""Requests an address may make a second, endpoint by endpoint; each has a count of its own."""

_SHARED = ("v3/market/index-components", "v2/public/time", "v2/spot/public/coins")

UNIFIED_CALLS_PER_S = MappingProxyType(
    {path: CALLS_PER_S[path] for path in _SHARED}
    | {
        f"v3/market/{name}": 20
        for name in ("instruments", "tickers", "orderbook", "current-fund-rate", "history-fund-rate")
    }
)
"""The same where v3 is spoken: neither the clock nor the list of coins has a v3 of its own."""

UNIFIED_SPEC = replace(
    SPEC,
    streams=MappingProxyType({PUBLIC: replace(SPEC.streams[PUBLIC], url="wss://ws.bitget.com/v3/ws/public")}),
)
"""What is fixed where v3 is spoken: its streams are elsewhere, everything else is as before."""
