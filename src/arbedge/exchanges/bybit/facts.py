"""What is fixed about Bybit: hosts, limits, heartbeats, page sizes. `QUALITY.md` beside this has every source."""

from types import MappingProxyType

from arbedge.domain.instrument import MarketKind
from arbedge.exchanges.spec import Capabilities, ConnectLimit, RestHost, StreamHost, VenueSpec

__all__ = [
    "BAN_S",
    "BOOK_LEVELS",
    "CATEGORIES",
    "HISTORY_PAGE",
    "LISTING_PAGE",
    "SPEC",
    "STREAM_LEVELS",
    "TOO_MANY_S",
    "TOPICS_CHARS",
]

_SPOT, _PERP = MarketKind.SPOT, MarketKind.PERP
_DAY_S = 86_400.0
_PING = b'{"op":"ping"}'

CATEGORIES = MappingProxyType({_SPOT: "spot", _PERP: "linear"})
"""The venue's word for each kind: in REST parameters, and the name of its stream host."""

_REST = RestHost(name="v5", origin="https://api.bybit.com", weight_limit=600, window_s=5.0, used_header=None)

SPEC = VenueSpec(
    name="bybit",
    title="Bybit",
    rest=MappingProxyType({_SPOT: _REST, _PERP: _REST}),
    streams=MappingProxyType(
        {
            "spot": StreamHost(
                name="spot",
                url="wss://stream.bybit.com/v5/public/spot",
                max_streams=200,
                params_per_frame=10,
                frame_spacing_s=0.05,
                probe_after_s=5.0,
                silence_limit_s=15.0,
                lifetime_s=_DAY_S,
                heartbeat=_PING,
                heartbeat_every_s=20.0,
            ),
            "linear": StreamHost(
                name="linear",
                url="wss://stream.bybit.com/v5/public/linear",
                max_streams=300,
                params_per_frame=100,
                frame_spacing_s=0.1,
                probe_after_s=5.0,
                silence_limit_s=15.0,
                lifetime_s=_DAY_S,
                heartbeat=_PING,
                heartbeat_every_s=20.0,
            ),
        }
    ),
    connect=ConnectLimit(attempts=500, window_s=300.0, burst=40),
    capabilities=Capabilities(
        has_index_components=True,
        has_public_coin_networks=False,
        has_all_symbol_tops=True,
        has_open_interest_of_all=True,
        has_top_venue_time=MappingProxyType({_SPOT: True, _PERP: True}),
    ),
)

TOPICS_CHARS = 21_000
"""All topics of one public connection together may be this long; 300 of the longest ones are about half of it."""

BAN_S = 600.0
"""An address that asked too often is let in again after ten minutes of silence."""

TOO_MANY_S = 5.0
"""Silence after "too many visits": the venue's counting window."""

LISTING_PAGE = 1000
"""Most rows of one page of linear instruments; spot comes whole."""

HISTORY_PAGE = 200
"""Most rows of funding history in one answer."""

BOOK_LEVELS = MappingProxyType({_SPOT: 200, _PERP: 500})
"""Most levels a side of a book asked for by REST."""

STREAM_LEVELS = 50
"""Levels a side of the depth stream we follow: pushed every 20 ms for both kinds."""
