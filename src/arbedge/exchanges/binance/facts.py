"""What is fixed about Binance: hosts, limits, heartbeats, weights. `QUALITY.md` beside this has every source."""

from types import MappingProxyType

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.spec import Capabilities, ConnectLimit, RestHost, StreamHost, VenueSpec

__all__ = [
    "FUNDING_CALLS",
    "MARKET",
    "PUBLIC",
    "SPEC",
    "SPOT",
    "SPOT_DEPTH_WEIGHTS",
    "USDM_DEPTH_WEIGHTS",
    "WEIGHTS",
]

_SPOT, _PERP = MarketKind.SPOT, MarketKind.PERP
_DAY_S = 86_400.0

SPOT, PUBLIC, MARKET = "spot", "public", "market"
"""Names of the stream hosts: spot has one; USD-M is split in public (books) and market (marks, funding)."""

SPEC = VenueSpec(
    name="binance",
    title="Binance",
    rest=MappingProxyType(
        {
            _SPOT: RestHost(
                name="spot",
                origin="https://api.binance.com",
                weight_limit=6000,
                window_s=60.0,
                used_header="X-MBX-USED-WEIGHT-1M",
            ),
            _PERP: RestHost(
                name="usdm",
                origin="https://fapi.binance.com",
                weight_limit=2400,
                window_s=60.0,
                used_header="X-MBX-USED-WEIGHT-1M",
            ),
        }
    ),
    streams=MappingProxyType(
        {
            SPOT: StreamHost(
                name=SPOT,
                url="wss://stream.binance.com:9443/stream",
                max_streams=1024,
                params_per_frame=200,
                frame_spacing_s=0.3,
                probe_after_s=1.5,
                silence_limit_s=10.0,
                lifetime_s=_DAY_S,
            ),
            PUBLIC: StreamHost(
                name=PUBLIC,
                url="wss://fstream.binance.com/public/stream",
                max_streams=200,
                params_per_frame=200,
                frame_spacing_s=0.3,
                probe_after_s=1.5,
                silence_limit_s=10.0,
                lifetime_s=_DAY_S,
            ),
            MARKET: StreamHost(
                name=MARKET,
                url="wss://fstream.binance.com/market/stream",
                max_streams=200,
                params_per_frame=200,
                frame_spacing_s=0.3,
                probe_after_s=3.0,
                silence_limit_s=10.0,
                lifetime_s=_DAY_S,
            ),
        }
    ),
    connect=ConnectLimit(attempts=300, window_s=300.0, burst=40),
    capabilities=Capabilities(
        has_index_components=True,
        has_public_coin_networks=False,
        has_all_symbol_tops=True,
        has_open_interest_of_all=False,
        has_top_venue_time=MappingProxyType({_SPOT: False, _PERP: True}),
    ),
)

FUNDING_CALLS = ConnectLimit(attempts=500, window_s=300.0, burst=20)
"""fundingRate and fundingInfo weigh nothing and share a count of their own."""

WEIGHTS = MappingProxyType(
    {
        (_SPOT, "exchangeInfo"): 20,
        (_SPOT, "ticker/bookTicker"): 4,
        (_SPOT, "ticker/24hr"): 80,
        (_SPOT, "time"): 1,
        (_PERP, "exchangeInfo"): 1,
        (_PERP, "ticker/bookTicker"): 5,
        (_PERP, "ticker/24hr"): 40,
        (_PERP, "premiumIndex"): 10,
        (_PERP, "constituents"): 2,
        (_PERP, "time"): 1,
    }
)

SPOT_DEPTH_WEIGHTS = ((100, 5), (500, 25), (1000, 50), (5000, 250))
"""(levels, weight): spot takes any number of levels and charges by the step it falls in."""

USDM_DEPTH_WEIGHTS = ((5, 2), (10, 2), (20, 2), (50, 2), (100, 5), (500, 10), (1000, 20))
"""(levels, weight): USD-M takes these numbers of levels only."""
