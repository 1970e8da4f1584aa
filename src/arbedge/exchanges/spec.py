"""The shape every venue fills in: declared facts about its hosts, streams, limits and what it can tell.

A capability a venue lacks is a fact declared here, never an error found at run time. Each venue's `QUALITY.md`
says where each fact comes from and how sure it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from arbedge.domain.instrument import MarketKind

__all__ = ["Capabilities", "ConnectLimit", "RestHost", "StreamHost", "VenueSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestHost:
    """One REST host with one budget: `weight_limit` units of weight may be spent in `window_s` seconds an IP.

    `used_header` is the answer's header that says how much of it is spent (None where the venue sends none).
    """

    name: str
    origin: str
    weight_limit: int
    window_s: float
    used_header: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHost:
    """One WebSocket entry point and what a connection to it may do.

    `max_streams` is subscriptions a connection; `params_per_frame` and `frame_spacing_s` pace subscribing so that
    the venue's limit of inbound messages (pongs included) is never reached; `probe_after_s` of silence makes us
    ping, `silence_limit_s` without any frame ends the connection; `lifetime_s` is when the venue cuts it.
    A ping is the message `heartbeat` where the venue wants a text of its own (empty: a WebSocket ping), sent every
    `heartbeat_every_s` whatever arrives where it wants that. After `max_requests` subscription requests a
    connection is renewed (None: the venue sets no such limit).
    """

    name: str
    url: str
    max_streams: int
    params_per_frame: int
    frame_spacing_s: float
    probe_after_s: float
    silence_limit_s: float
    lifetime_s: float
    heartbeat: bytes = b""
    heartbeat_every_s: float | None = None
    max_requests: int | None = None


@dataclass(frozen=True, slots=True)
class ConnectLimit:
    """How many connection attempts an IP may make in a window of seconds, and how many of them at once."""

    attempts: int
    window_s: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the venue tells without a key."""

    has_index_components: bool
    has_public_coin_networks: bool
    has_all_symbol_tops: bool
    has_open_interest_of_all: bool
    has_top_venue_time: Mapping[MarketKind, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueSpec:
    """Everything fixed about a venue."""

    name: str
    title: str
    rest: Mapping[MarketKind, RestHost]
    streams: Mapping[str, StreamHost]
    connect: ConnectLimit
    capabilities: Capabilities
