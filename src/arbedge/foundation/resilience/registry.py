"""Every guard of the program by name, for wiring and for health pages."""

from random import Random

from arbedge.errors import Conflict, NotFound
from arbedge.foundation.resilience.config import GuardPolicy
from arbedge.foundation.resilience.guard import CallLimiter, Guard, GuardHooks, GuardSnapshot
from arbedge.foundation.runtime.clock import Clock

__all__ = ["GuardRegistry"]


class GuardRegistry:
    """Makes guards that share a clock, a source of jitter and hooks, and remembers them."""

    def __init__(self, clock: Clock, rng: Random, hooks: GuardHooks | None = None) -> None:
        self._clock = clock
        self._rng = rng
        self._hooks = hooks
        self._guards: dict[str, Guard] = {}

    def add(self, name: str, policy: GuardPolicy, limiter: CallLimiter | None = None) -> Guard:
        """A new guard; raises `Conflict` when there is one of that name."""
        if name in self._guards:
            raise Conflict(f"there is a guard named {name!r} already")
        guard = Guard(name, policy, self._clock, self._rng, self._hooks, limiter=limiter)
        self._guards[name] = guard
        return guard

    def get(self, name: str) -> Guard:
        """The guard of that name; raises `NotFound`."""
        try:
            return self._guards[name]
        except KeyError:
            raise NotFound(f"no guard {name!r}; there are: {', '.join(sorted(self._guards)) or 'none'}") from None

    def snapshot(self) -> tuple[GuardSnapshot, ...]:
        """Every guard now, by name."""
        return tuple(self._guards[name].snapshot() for name in sorted(self._guards))
