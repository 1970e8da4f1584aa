"""Bybit's REST limit: 600 requests in five seconds an address; beyond, 403 until it has been silent long enough.

The venue asks who gets a 403 to stop all sessions and wait ten minutes; the lab counts the wait from the last
request it refused, so that who goes on stays out.
"""

from collections import deque

__all__ = ["AddressMeter"]

_MOST = 600
_WINDOW_MS = 5_000


class AddressMeter:
    """Requests by client address. `ban_s` is how long a refused address must wait."""

    def __init__(self, ban_s: float) -> None:
        self._ban_ms = int(ban_s * 1000)
        self._seen: dict[str, deque[int]] = {}
        self._out_until_ms: dict[str, int] = {}

    def admits(self, address: str, now_ms: int) -> bool:
        """Count a request; false while the address is shut out, and from the first request too many."""
        seen = self._seen.setdefault(address, deque())
        while seen and now_ms - seen[0] >= _WINDOW_MS:
            seen.popleft()
        if now_ms < self._out_until_ms.get(address, 0) or len(seen) >= _MOST:
            self._out_until_ms[address] = now_ms + self._ban_ms
            return False
        seen.append(now_ms)
        return True
