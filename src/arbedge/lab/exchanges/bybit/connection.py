"""What the lab remembers of one Bybit connection: its category, its topics, its last word."""

from aiohttp import web

from arbedge.lab.exchanges.bybit.topics import CATEGORIES
from arbedge.lab.peer import Peer

__all__ = ["TOPICS_CHARS", "Connection"]

TOPICS_CHARS = 21_000
"""All topics of one public connection together may be this long."""


class Connection(Peer):
    """The lab's end of one connection; `heard_ns` is when the client last said something."""

    __slots__ = ("category", "heard_ns", "number", "topics")

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, category: str, number: int, now_ns: int
    ) -> None:
        super().__init__(request, socket, now_ns)
        self.category = category
        self.host = CATEGORIES[category]
        self.number = f"lab-{(number * 2_654_435_761) & 0xFFFFFFFF:08x}"
        self.topics: set[str] = set()
        self.heard_ns = now_ns

    @property
    def topics_chars(self) -> int:
        """How long its topics are together."""
        return sum(map(len, self.topics))
