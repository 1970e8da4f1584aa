"""Exact rate limits over several keys at once: all of them have room, or none is charged.

GCRA (the virtual scheduling algorithm of ITU-T I.371): each key remembers one moment, the time its next call is
due, and a call may come early by the burst allowance. Integer nanoseconds throughout, so nothing drifts.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from arbedge.errors import ConfigError, Invalid
from arbedge.foundation.runtime.clock import Clock

__all__ = ["BoundLimiter", "Charge", "Quota", "RateLimiter"]

_SWEEP_EVERY = 1024


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `limit` units in any window of `per_s` seconds, up to `burst` of them at once.

    Exact for every burst: the pace between bursts is `per_s` / (`limit` - `burst` + 1), so that a burst and what
    follows it stay within the limit together. A window holds its start and not its end.
    """

    limit: int
    per_s: float
    burst: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.burst <= self.limit or self.per_s <= 0:
            raise ConfigError(f"quota {self.limit} per {self.per_s:g} s: needs per_s > 0 and 1 <= burst <= limit")

    @property
    def interval_ns(self) -> int:
        """Nanoseconds one unit takes to come back, rounded up."""
        return -(-round(self.per_s * 1e9) // (self.limit - self.burst + 1))


@dataclass(frozen=True, slots=True)
class Charge:
    """So many units of one key of a scope: `Charge("chat", 55)` beside `Charge("all")`."""

    scope: str
    key: Hashable = ""
    weight: int = 1


class RateLimiter:
    """Quotas by scope, each counted for each key of its scope. Calls on the event loop's thread; never waits."""

    def __init__(self, quotas: Mapping[str, Quota], clock: Clock) -> None:
        self._clock = clock
        self._pace = {scope: (quota.interval_ns, quota.burst) for scope, quota in quotas.items()}
        self._due_ns: dict[tuple[str, Hashable], int] = {}
        self._until_sweep = _SWEEP_EVERY

    @property
    def tracked(self) -> int:
        """How many keys are remembered: idle ones are forgotten from time to time."""
        return len(self._due_ns)

    def acquire(self, *charges: Charge) -> float:
        """Charge every key and return 0, or charge none and return the seconds to wait before asking again.

        Raises `Invalid` for an unknown scope, a weight no wait would ever satisfy, or the same key charged twice.
        """
        now_ns = self._clock.monotonic_ns()
        wait_ns = 0
        due: dict[tuple[str, Hashable], int] = {}
        for charge in charges:
            pace = self._pace.get(charge.scope)
            name = (charge.scope, charge.key)
            if pace is None or not 1 <= charge.weight <= pace[1] or name in due:
                raise Invalid(_fault(charge, pace, is_double=name in due))
            interval_ns, burst = pace
            due[name] = max(now_ns, self._due_ns.get(name, 0)) + charge.weight * interval_ns
            wait_ns = max(wait_ns, due[name] - burst * interval_ns - now_ns)
        if wait_ns > 0:
            return wait_ns / 1e9
        self._due_ns.update(due)
        self._until_sweep -= 1
        if self._until_sweep <= 0:
            self._sweep(now_ns)
        return 0.0

    def penalise(self, scope: str, key: Hashable, until_ns: int) -> None:
        """Let nothing of that key pass before `until_ns` (the clock's monotonic time): the other side said so."""
        pace = self._pace.get(scope)
        if pace is None:
            raise Invalid(f"no quota for scope {scope!r}; there are: {', '.join(sorted(self._pace))}")
        interval_ns, burst = pace
        due_ns = until_ns + (burst - 1) * interval_ns
        self._due_ns[scope, key] = max(self._due_ns.get((scope, key), 0), due_ns)

    def bind(self, *keys: tuple[str, Hashable]) -> "BoundLimiter":
        """The limiter of calls that always charge the same keys, as a guard wants it."""
        return BoundLimiter(self, keys, self._clock)

    def _sweep(self, now_ns: int) -> None:
        self._due_ns = {name: due_ns for name, due_ns in self._due_ns.items() if due_ns > now_ns}
        self._until_sweep = max(_SWEEP_EVERY, len(self._due_ns))


class BoundLimiter:
    """A rate limiter seen from calls that charge a fixed set of keys."""

    def __init__(self, limiter: RateLimiter, keys: tuple[tuple[str, Hashable], ...], clock: Clock) -> None:
        self._limiter = limiter
        self._keys = keys
        self._clock = clock

    def reserve(self, weight: int) -> float:
        """0 when charged, otherwise the seconds to wait before asking again."""
        return self._limiter.acquire(*(Charge(scope, key, weight) for scope, key in self._keys))

    def penalise(self, seconds: float) -> None:
        """Let nothing of these keys pass for that long."""
        until_ns = self._clock.monotonic_ns() + int(seconds * 1e9)
        for scope, key in self._keys:
            self._limiter.penalise(scope, key, until_ns)


def _fault(charge: Charge, pace: tuple[int, int] | None, *, is_double: bool) -> str:
    if pace is None:
        return f"no quota for scope {charge.scope!r}"
    if is_double:
        return f"{charge.scope} {charge.key!r} is charged twice in one call; add the weights up"
    return f"weight {charge.weight} of {charge.scope} is outside 1..{pace[1]} (its burst): it would never pass"
