"""What every venue is built into, and how its calls are guarded: one policy for REST, one for opening links."""

from dataclasses import dataclass
from random import Random

from arbedge.exchanges.config import VenueConfig
from arbedge.exchanges.spec import ConnectLimit
from arbedge.exchanges.transport.proxy import Proxy
from arbedge.foundation.resilience.config import BreakerPolicy, BulkheadPolicy, GuardPolicy, RetryPolicy
from arbedge.foundation.resilience.guard import CallLimiter, Guard, GuardHooks
from arbedge.foundation.resilience.ratelimit import Quota, RateLimiter
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.tasks import ErrorLog

__all__ = ["POOL_LIMIT", "Surroundings", "link_guard", "proxy_of", "quota_limiter", "rest_guard"]

POOL_LIMIT = 16
"""REST connections a venue may hold open; half of them may be under way behind one guard."""

_CONNECT_DEADLINE_S = 15.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a venue is built into: the clock, a seeded generator for jitter, where guards report, where to log."""

    clock: Clock
    rng: Random
    guard_hooks: GuardHooks | None = None
    log: ErrorLog | None = None


def proxy_of(config: VenueConfig) -> Proxy | None:
    """The proxy a venue's settings name, if they do."""
    return Proxy(config.proxy.get_secret_value()) if config.proxy is not None else None


def rest_guard(name: str, limiter: CallLimiter, config: VenueConfig, around: Surroundings) -> Guard:
    """The guard of one budget of REST calls; `name` is `venue:budget`."""
    policy = GuardPolicy(
        deadline_s=config.rest_deadline_s * 3,
        attempt_timeout_s=config.rest_deadline_s + 1,
        retry=RetryPolicy(attempts=3, first_delay_s=0.3),
        breaker=BreakerPolicy(slow_call_s=config.rest_deadline_s),
        bulkhead=BulkheadPolicy(max_concurrent=POOL_LIMIT // 2, max_waiting=512),
    )
    return Guard(name, policy, around.clock, around.rng, around.guard_hooks, limiter=limiter)


def link_guard(venue: str, limiter: CallLimiter, around: Surroundings) -> Guard:
    """The guard of opening links. One attempt a call: the keeper of each link decides when to try again."""
    policy = GuardPolicy(
        deadline_s=_CONNECT_DEADLINE_S,
        attempt_timeout_s=_CONNECT_DEADLINE_S,
        retry=RetryPolicy(attempts=1),
        breaker=BreakerPolicy(open_s=1.0, max_open_s=20.0),
        bulkhead=BulkheadPolicy(max_concurrent=16, max_waiting=512),
    )
    return Guard(f"{venue}:links", policy, around.clock, around.rng, around.guard_hooks, limiter=limiter)


def quota_limiter(limit: ConnectLimit, clock: Clock, share: float) -> CallLimiter:
    """`share` of a limit of attempts in a window, never less than its burst."""
    attempts = max(limit.burst, int(limit.attempts * share))
    limiter = RateLimiter({"calls": Quota(attempts, limit.window_s, limit.burst)}, clock)
    return limiter.bind(("calls", ""))
