"""The small interface both WebSocket clients fill in: connect, listen by callback, send text, ping, close.

A link does nothing by itself: its owner awaits `run`, which delivers frames until the connection ends. Callbacks
run on the event loop's thread and must not raise. Pings of the server are answered at once with their payload.
"""

from collections.abc import Sequence
from typing import Protocol

__all__ = ["MAX_FRAME_BYTES", "FrameListener", "WsConnector", "WsLink"]

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""A larger message ends the connection; the largest real ones (all marks at once) stay under 200 KB."""


class FrameListener(Protocol):
    """Who hears a connection."""

    def on_frames(self, payloads: Sequence[bytes], received_ns: int) -> None:
        """Whole text or binary messages in the order they came: all that one read of the socket brought."""
        ...

    def on_sign_of_life(self, received_ns: int, *, is_answered: bool) -> None:
        """A ping or pong arrived; `is_answered` when we sent a pong for it (venues count that as a message)."""
        ...


class WsLink(Protocol):
    """One open connection."""

    async def run(self) -> str:
        """Deliver frames until the connection ends; returns the reason in words. Await it once, always;
        cancelling it closes the connection.
        """
        ...

    async def send(self, text: bytes) -> None:
        """Send one text message; dropped silently where the connection has just ended (`run` tells)."""
        ...

    async def ping(self) -> None:
        """Send a ping; the pong comes back as a sign of life. Dropped like a message."""
        ...

    async def close(self, reason: str) -> None:
        """End the connection within a second, whatever the other side does; `run` returns that reason."""
        ...


class WsConnector(Protocol):
    """Opens connections."""

    async def connect(self, url: str, listener: FrameListener, *, deadline_s: float) -> WsLink:
        """Open one.

        Raises `Restricted`, `RateLimited`, `Rejected` or `Unavailable` as the handshake's status says,
        `Disconnected` when it could not be made, `Timeout` when the deadline passed.
        """
        ...
