"""One WebSocket connection of a client: its subscriptions, its outgoing frames, its limits and its pings.

Frames are collected and written once a turn of the lab; a client that does not read is cut off once four
megabytes wait for it (overflow policy: the slow reader is dropped, as the venue does).
"""

from collections import deque

from aiohttp import WSMsgType, web

__all__ = ["INBOUND_PER_S", "STREAMS_MOST", "Connection", "text_frame"]

STREAMS_MOST = {"spot": 1024, "usdm": 200}
"""Streams one connection may carry (USD-M: the lower of two documented figures)."""

INBOUND_PER_S = {"spot": 5, "usdm": 10}
"""Messages a second a client may send, pings and pongs included."""

_BACKLOG_BYTES = 4_000_000
_CLOSE_POLICY = 1008


class Connection:
    """The lab's end of one connection. `route` is empty on spot; `is_combined` wraps payloads with their stream."""

    __slots__ = (
        "_inbound", "_outbox", "address", "cut_told", "host", "is_closing", "is_combined", "names", "opened_ns",
        "pinged_ns", "ponged_ns", "route", "socket", "transport",
    )  # fmt: skip

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, host: str, route: str, now_ns: int
    ) -> None:
        assert request.transport is not None
        self.socket = socket
        self.transport = request.transport
        self.address = request.remote or "?"
        self.host = host
        self.route = route
        self.is_combined = False
        self.names: set[str] = set()
        self.opened_ns = self.pinged_ns = self.ponged_ns = now_ns
        self.cut_told = False
        self.is_closing = False
        self._outbox: list[bytes] = []
        self._inbound: deque[int] = deque(maxlen=16)

    def push(self, payload: bytes) -> None:
        """Queue one text payload for the next flush."""
        self._outbox.append(payload)

    def take(self) -> list[bytes]:
        """The queued payloads, leaving none."""
        payloads, self._outbox = self._outbox, []
        return payloads

    @property
    def has_frames(self) -> bool:
        """Whether anything waits to be written."""
        return bool(self._outbox)

    @property
    def backlog_bytes(self) -> int:
        """Bytes written and not yet taken by the client's end."""
        return 0 if self.transport.is_closing() else self.transport.get_write_buffer_size()

    def write(self, payloads: list[bytes]) -> None:
        """Write text frames at once; drops the connection when its backlog is too long."""
        if self.is_closing or self.transport.is_closing():
            return
        if self.backlog_bytes > _BACKLOG_BYTES:
            self.drop()
            return
        self.transport.write(b"".join([text_frame(payload) for payload in payloads]))

    def ping(self, now_ns: int, payload: bytes) -> None:
        """Send a ping that the client must answer with the same payload."""
        self.pinged_ns = now_ns
        if not self.transport.is_closing():
            self.transport.write(_frame(0x89, payload))

    def counts_inbound(self, now_ns: int) -> bool:
        """Count a message from the client; false when it sent more this second than its host allows."""
        while self._inbound and now_ns - self._inbound[0] > 1_000_000_000:
            self._inbound.popleft()
        self._inbound.append(now_ns)
        return len(self._inbound) <= INBOUND_PER_S[self.host]

    def close(self, code: int = _CLOSE_POLICY) -> None:
        """Say goodbye with a close frame and shut the transport once it is written."""
        if self.is_closing:
            return
        self.is_closing = True
        if not self.transport.is_closing():
            self.transport.write(_frame(0x88, code.to_bytes(2, "big")))
            self.transport.close()

    def drop(self) -> None:
        """Cut the wire without a word."""
        self.is_closing = True
        self.transport.abort()

    async def receive(self) -> tuple[str, str]:
        """The next message as (`text` | `ping` | `pong` | `closed`, text); answers pings by itself.

        Waits as long as the client is silent: the pings are the deadline, a client that leaves them unanswered is
        dropped, which ends the wait.
        """
        message = await self.socket.receive()
        if message.type is WSMsgType.TEXT:
            return "text", message.data
        if message.type is WSMsgType.PING:
            if not self.transport.is_closing():
                self.transport.write(_frame(0x8A, bytes(message.data)))
            return "ping", ""
        if message.type is WSMsgType.PONG:
            return "pong", bytes(message.data).decode("ascii", "replace")
        if message.type is WSMsgType.BINARY:
            self.close()  # the venue takes text only
        return "closed", ""


def text_frame(payload: bytes) -> bytes:
    """A server's text frame (unmasked, unfragmented)."""
    return _frame(0x81, payload)


def _frame(head: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((head, size)) + payload
    if size < 65_536:
        return bytes((head, 126)) + size.to_bytes(2, "big") + payload
    return bytes((head, 127)) + size.to_bytes(8, "big") + payload
