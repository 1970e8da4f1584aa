"""Bitget's REST limits: each endpoint counts for itself by client address, and all together by the minute.

The documentation gives public endpoints 20 requests a second and the list of coins 3, and an address 6,000 a
minute over all; beyond either the answer is 429. It names no ban for who goes on and no header that tells the wait.
"""

from collections import deque

__all__ = ["RequestMeter"]

_WINDOW_MS = 1_000
_MINUTE_MS = 60_000
_OVERALL_MOST = 6_000


class RequestMeter:
    """Requests of every address over sliding windows; a refused one is not counted."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, str], deque[int]] = {}
        self._overall: dict[str, deque[int]] = {}

    def admits(self, address: str, path: str, per_s: int, now_ms: int) -> bool:
        """Count a request to an endpoint that allows `per_s` a second; false when it is one too many."""
        recent = self._recent.setdefault((address, path), deque())
        overall = self._overall.setdefault(address, deque())
        _forget(recent, now_ms - _WINDOW_MS)
        _forget(overall, now_ms - _MINUTE_MS)
        if len(recent) >= per_s or len(overall) >= _OVERALL_MOST:
            return False
        recent.append(now_ms)
        overall.append(now_ms)
        return True


def _forget(times: deque[int], until_ms: int) -> None:
    while times and times[0] <= until_ms:
        times.popleft()
