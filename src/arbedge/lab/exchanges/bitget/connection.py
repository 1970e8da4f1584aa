"""One WebSocket connection of a client to Bitget: its channels, its limits, and when it last said `ping`."""

from collections import deque

from aiohttp import web

from arbedge.lab.exchanges.bitget.products import SPOT
from arbedge.lab.exchanges.bitget.topics import CLASSIC, Topic
from arbedge.lab.peer import Peer

__all__ = ["CHANNELS_MOST", "INBOUND_PER_S", "Connection"]

CHANNELS_MOST = 1_000
"""Channels one connection may carry."""

INBOUND_PER_S = 10
"""Messages a second a client may send, the text `ping` included."""

_REQUESTS_PER_HOUR = 240
_HOUR_NS = 3_600_000_000_000


class Connection(Peer):
    """The lab's end of one connection; faults aimed at spot or contracts strike it while it carries only those."""

    __slots__ = ("_requests", "generation", "greeted_ns", "topics")

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, now_ns: int, generation: int = CLASSIC
    ) -> None:
        super().__init__(request, socket, now_ns)
        self.generation = generation
        self.topics: set[Topic] = set()
        self.greeted_ns = now_ns
        self._requests: deque[int] = deque()

    def counts_request(self, now_ns: int) -> bool:
        """Count a subscribe request; false when it is one too many within the hour."""
        while self._requests and now_ns - self._requests[0] > _HOUR_NS:
            self._requests.popleft()
        self._requests.append(now_ns)
        return len(self._requests) <= _REQUESTS_PER_HOUR

    def settle_host(self) -> None:
        """Decide which host's faults strike it: `spot`, `usdm`, or none when it carries both or nothing."""
        kinds = {"spot" if topic.line == SPOT else "usdm" for topic in self.topics}
        self.host = kinds.pop() if len(kinds) == 1 else ""
