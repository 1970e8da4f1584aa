"""OKX's limits: requests of one kind within two seconds, connections within one, requests on a connection an hour.

Beyond a REST limit the venue answers 429 with code 50011 and no Retry-After; it counts each endpoint by itself,
some also by instrument (documentation of 2026). There is no escalation to a ban.
"""

from collections import deque

__all__ = ["SUBSCRIBE_BYTES", "SlidingMeter"]

SUBSCRIBE_BYTES = 65_536
"""The longest request a connection may carry."""


class SlidingMeter:
    """Counts what happens by key; `admits` says no beyond `most` within any window. Times in milliseconds."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._seen: dict[object, deque[int]] = {}

    def admits(self, key: object, most: int, now_ms: int) -> bool:
        """Count one; a refused one is not counted."""
        seen = self._seen.setdefault(key, deque())
        while seen and now_ms - seen[0] >= self._window_ms:
            seen.popleft()
        if len(seen) >= most:
            return False
        seen.append(now_ms)
        return True
