"""A budget of request weight in a rolling window, corrected by what the other side says it has counted.

Venues count weight for an address, not for a program: another program behind the same address spends from the same
budget, and only the venue's answer tells (Binance: header `X-MBX-USED-WEIGHT-1M`). Counting our own spending over a
rolling window keeps us within any fixed window of the same length, wherever the venue starts it.
"""

from collections import deque
from dataclasses import dataclass

from arbedge.errors import ConfigError, Invalid
from arbedge.foundation.runtime.clock import Clock

__all__ = ["WeightBudget", "WeightSnapshot"]


@dataclass(frozen=True, slots=True)
class WeightSnapshot:
    """Weight in the window now: ours, that of others behind the same address, and the limit we keep to."""

    own: int
    others: int
    limit: int
    banned_for_s: float


class WeightBudget:
    """At most `limit` weight in any `window_s`, ours and others' together; returns the wait instead of waiting."""

    def __init__(self, limit: int, window_s: float, clock: Clock) -> None:
        if limit < 1 or window_s <= 0:
            raise ConfigError(f"weight budget {limit} per {window_s:g} s: both must be positive")
        self.limit = limit
        self._window_ns = round(window_s * 1e9)
        self._clock = clock
        self._spent: deque[tuple[int, int]] = deque()
        self._own = 0
        self._told = 0
        self._told_until_ns = 0
        self._banned_until_ns = 0

    @property
    def used(self) -> int:
        """Weight in the window now, ours and others'."""
        self._expire(self._clock.monotonic_ns())
        return max(self._own, self._told)

    def snapshot(self) -> WeightSnapshot:
        """The window now."""
        now_ns = self._clock.monotonic_ns()
        self._expire(now_ns)
        others = max(0, self._told - self._own)
        return WeightSnapshot(self._own, others, self.limit, max(0, self._banned_until_ns - now_ns) / 1e9)

    def reserve(self, weight: int) -> float:
        """Spend and return 0, or spend nothing and return the seconds to wait before asking again.

        Raises `Invalid` for a weight below 1 or above the whole limit.
        """
        if not 1 <= weight <= self.limit:
            raise Invalid(f"a call of weight {weight} does not fit a budget of {self.limit}")
        now_ns = self._clock.monotonic_ns()
        if now_ns < self._banned_until_ns:
            return (self._banned_until_ns - now_ns) / 1e9
        self._expire(now_ns)
        free_at_ns = self._told_until_ns if self._told + weight > self.limit else 0
        if self._own + weight > self.limit:
            free_at_ns = max(free_at_ns, self._own_free_at_ns(self._own + weight - self.limit))
        if free_at_ns:
            return max(1, free_at_ns - now_ns) / 1e9
        self._own += weight
        self._told += weight if self._told_until_ns > now_ns else 0
        if self._spent and self._spent[-1][0] == now_ns:
            self._spent[-1] = (now_ns, self._spent[-1][1] + weight)
        else:
            self._spent.append((now_ns, weight))
        return 0.0

    def observe(self, used_weight: int) -> None:
        """The other side says so much is used in its window now.

        Believed, with what we spend from here on added, until it says otherwise or the window has passed. A figure
        below our own count only tells that its window started later than ours: ours counts on.
        """
        self._told = max(0, used_weight)
        self._told_until_ns = self._clock.monotonic_ns() + self._window_ns

    def ban(self, until_ns: int) -> None:
        """Spend nothing before `until_ns` (the clock's monotonic time)."""
        self._banned_until_ns = max(self._banned_until_ns, until_ns)

    def penalise(self, seconds: float) -> None:
        """Spend nothing for that long: the other side said so."""
        self.ban(self._clock.monotonic_ns() + int(seconds * 1e9))

    def _expire(self, now_ns: int) -> None:
        spent = self._spent
        while spent and spent[0][0] + self._window_ns <= now_ns:
            self._own -= spent.popleft()[1]
        if self._told_until_ns <= now_ns:
            self._told = 0

    def _own_free_at_ns(self, excess: int) -> int:
        """When that much of our own weight will have left the window."""
        for at_ns, weight in self._spent:
            excess -= weight
            if excess <= 0:
                return at_ns + self._window_ns
        raise AssertionError("more than was spent cannot leave the window")
