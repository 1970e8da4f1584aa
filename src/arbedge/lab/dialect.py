"""What a simulated venue brings to the lab: it answers its port's requests and sends what the world changed."""

from typing import Protocol

from aiohttp import web

from arbedge.lab.books import LiveBook

__all__ = ["Dialect"]


class Dialect(Protocol):
    """One venue, built from its `Stage`: world, funding, faults, clock and options.

    The lab routes every request of the venue's port that is not one of its own pages to `answer`, calls `turn` some
    fifty times a second, and `close` once at the end.
    """

    @property
    def served(self) -> int:
        """REST requests answered so far."""
        ...

    @property
    def open_count(self) -> int:
        """WebSocket connections open now."""
        ...

    @property
    def accepted(self) -> int:
        """WebSocket connections accepted so far."""
        ...

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, REST or WebSocket, staged faults included; returns when it is over."""
        ...

    def turn(self, changed: list[LiveBook], true_ms: int, now_ns: int) -> None:
        """Send what this venue's changed books say; `true_ms` is the wall clock, `now_ns` the monotonic one."""
        ...

    def close(self) -> None:
        """End every connection."""
        ...
