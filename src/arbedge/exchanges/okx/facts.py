"""What is fixed about OKX: its host, limits by endpoint, heartbeat. `QUALITY.md` beside this has every source."""

from types import MappingProxyType

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.spec import Capabilities, ConnectLimit, RestHost, StreamHost, VenueSpec

__all__ = ["PUBLIC", "QUOTAS", "SPEC", "WINDOW_S"]

PUBLIC = "public"
"""The one stream host for books, marks and funding of every kind."""

WINDOW_S = 2.0
"""Every limit counts requests in two seconds; being told 429 we keep quiet for two such windows."""

_HOST = RestHost(name="rest", origin="https://www.okx.com", weight_limit=20, window_s=WINDOW_S, used_header=None)

SPEC = VenueSpec(
    name="okx",
    title="OKX",
    rest=MappingProxyType({MarketKind.SPOT: _HOST, MarketKind.PERP: _HOST}),
    streams=MappingProxyType(
        {
            PUBLIC: StreamHost(
                name=PUBLIC,
                url="wss://ws.okx.com:8443/ws/v5/public",
                max_streams=480,
                params_per_frame=240,
                frame_spacing_s=0.3,
                probe_after_s=2.0,
                silence_limit_s=10.0,
                lifetime_s=86_400.0,
                heartbeat=b"ping",
                max_requests=400,
            )
        }
    ),
    connect=ConnectLimit(attempts=3, window_s=1.0, burst=1),
    capabilities=Capabilities(
        has_index_components=True,
        has_public_coin_networks=False,
        has_all_symbol_tops=True,
        has_open_interest_of_all=True,
        has_top_venue_time=MappingProxyType({MarketKind.SPOT: True, MarketKind.PERP: True}),
    ),
)

QUOTAS = MappingProxyType(
    {
        "market/tickers": 20,
        "market/books": 40,
        "market/index-tickers": 20,
        "market/index-components": 20,
        "public/instruments": 20,
        "public/funding-rate": 10,
        "public/funding-rate-history": 10,
        "public/mark-price": 10,
        "public/open-interest": 20,
        "public/price-limit": 20,
        "public/time": 10,
    }
)
"""Requests an IP may make of each endpoint in `WINDOW_S`."""
