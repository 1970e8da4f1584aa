"""One WebSocket connection of a client to Binance: its host and route, its streams, its limits and its pongs."""

from aiohttp import web

from arbedge.lab.peer import Peer

__all__ = ["INBOUND_PER_S", "STREAMS_MOST", "Connection"]

STREAMS_MOST = {"spot": 1024, "usdm": 200}
"""Streams one connection may carry (USD-M: the lower of two documented figures)."""

INBOUND_PER_S = {"spot": 5, "usdm": 10}
"""Messages a second a client may send, pings and pongs included."""


class Connection(Peer):
    """The lab's end of one connection. `route` is empty on spot; `is_combined` wraps payloads with their stream."""

    __slots__ = ("cut_told", "is_combined", "names", "ponged_ns", "route")

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, host: str, route: str, now_ns: int
    ) -> None:
        super().__init__(request, socket, now_ns)
        self.host = host
        self.route = route
        self.is_combined = False
        self.names: set[str] = set()
        self.ponged_ns = now_ns
        self.cut_told = False
