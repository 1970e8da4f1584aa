"""What the lab remembers of one OKX connection: its path and id, its subscriptions, its requests, its last sign."""

from aiohttp import web

from arbedge.lab.exchanges.okx.limits import SlidingMeter
from arbedge.lab.peer import Peer

__all__ = ["REQUESTS_AN_HOUR", "Connection"]

REQUESTS_AN_HOUR = 480
"""Subscribe, unsubscribe and login requests together."""

_HOUR_MS = 3_600_000


class Connection(Peer):
    """The lab's end of one connection; `active_ns` is when it last said or was told something."""

    __slots__ = ("_requests", "active_ns", "cut_told", "number", "path", "topics")

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, number: int, now_ns: int) -> None:
        super().__init__(request, socket, now_ns)
        self.path = request.path
        self.number = f"{(number * 2_654_435_761) & 0xFFFFFFFF:08x}"
        self.topics: set[str] = set()
        self.active_ns = now_ns
        self.cut_told = False
        self._requests = SlidingMeter(_HOUR_MS)

    def counts_request(self, now_ns: int) -> bool:
        """Count a request; false when this hour's are used up."""
        return self._requests.admits(None, REQUESTS_AN_HOUR, now_ns // 1_000_000)
