"""The lab's end of one WebSocket connection, whatever the venue: outgoing frames, inbound count, the end.

Frames are collected and written once a turn of the lab; a client that does not read is cut off once four
megabytes wait for it (overflow policy: the slow reader is dropped, as venues do).
"""

from collections import deque

from aiohttp import WSMsgType, web

__all__ = ["Peer"]

_BACKLOG_BYTES = 4_000_000
_CLOSE_POLICY = 1008


class Peer:
    """One client's connection; venues add what they remember of it. Faults aimed at `host` strike it."""

    __slots__ = (
        "_inbound", "_outbox", "address", "host", "is_closing", "opened_ns", "pinged_ns", "socket", "transport",
    )  # fmt: skip

    def __init__(self, request: web.Request, socket: web.WebSocketResponse, now_ns: int) -> None:
        assert request.transport is not None
        self.socket = socket
        self.transport = request.transport
        self.address = request.remote or "?"
        self.host = ""
        self.opened_ns = self.pinged_ns = now_ns
        self.is_closing = False
        self._outbox: list[bytes] = []
        self._inbound: deque[int] = deque(maxlen=64)

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
        self.transport.write(b"".join([_frame(0x81, payload) for payload in payloads]))

    def ping(self, now_ns: int, payload: bytes) -> None:
        """Send a ping that the client must answer with the same payload."""
        self.pinged_ns = now_ns
        if not self.transport.is_closing():
            self.transport.write(_frame(0x89, payload))

    def counts_inbound(self, now_ns: int, most_per_s: int) -> bool:
        """Count a message from the client; false when it sent more than `most_per_s` (under 64) this second."""
        while self._inbound and now_ns - self._inbound[0] > 1_000_000_000:
            self._inbound.popleft()
        self._inbound.append(now_ns)
        return len(self._inbound) <= most_per_s

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

        Waits as long as the client is silent: the venue's own clockwork is the deadline, it drops who neglects
        the pings, which ends the wait.
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
            self.close()  # venues take text only
        return "closed", ""


def _frame(head: int, payload: bytes) -> bytes:
    """A server's frame (unmasked, unfragmented)."""
    size = len(payload)
    if size < 126:
        return bytes((head, size)) + payload
    if size < 65_536:
        return bytes((head, 126)) + size.to_bytes(2, "big") + payload
    return bytes((head, 127)) + size.to_bytes(8, "big") + payload
