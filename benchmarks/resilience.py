"""What standing round a call costs: breaker + retry + deadline about a no-op, beside a stack written by hand."""

import asyncio
import time
from random import Random

from arbedge.errors import Unavailable
from arbedge.foundation.resilience.breaker import CircuitBreaker
from arbedge.foundation.resilience.config import BreakerPolicy, GuardPolicy
from arbedge.foundation.resilience.deadline import within
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.resilience.ratelimit import Charge, Quota, RateLimiter
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.clock import SystemClock
from arbedge.foundation.telemetry.hooks import MetricGuardHooks
from arbedge.foundation.telemetry.metrics import Metrics
from benchmarks.harness import Case

__all__ = ["cases"]

CALLS = 1000


async def _noop() -> int:
    return 1


def cases() -> list[Case]:
    clock = SystemClock()
    plain = Guard("plain", GuardPolicy(), clock, Random(1))
    measured = Guard(
        "measured",
        GuardPolicy(),
        clock,
        Random(1),
        MetricGuardHooks(Metrics()),
        limiter=WeightBudget(10**9, 60, clock),
    )

    async def guarded() -> int:
        for _ in range(CALLS):
            await plain.call(_noop)
        return CALLS

    async def guarded_and_measured() -> int:
        for _ in range(CALLS):
            await measured.call(_noop)
        return CALLS

    async def deadline() -> int:
        for _ in range(CALLS):
            await within(clock, 10, _noop, "noop")
        return CALLS

    async def library_timeout() -> int:
        for _ in range(CALLS):
            async with asyncio.timeout(10):
                await _noop()
        return CALLS

    text = "breaker + retry + deadline round a no-op call < 15 us"
    by_hand = "asyncio.timeout + deque breaker + retry loop"
    return [
        Case("resilience.guard", guarded, _by_hand(), "call", None, text, by_hand),
        Case(
            "resilience.guard_metrics",
            guarded_and_measured,
            _by_hand(),
            "call",
            None,
            "the same with bulkhead, weight budget and metrics",
            by_hand,
        ),
        Case("resilience.deadline", deadline, library_timeout, "call", None, "one deadline", "asyncio.timeout"),
        Case("resilience.breaker", _breaker(clock), None, "call", None, "admit and report, closed"),
        Case("resilience.gcra", _gcra(clock), None, "call", None, "two keys, all or nothing"),
    ]


def _by_hand():  # noqa: ANN202
    """A deque of recent outcomes as breaker, `asyncio.timeout`, and a loop that tries three times."""
    recent: list[tuple[float, bool]] = []

    async def call() -> int:
        for attempt in range(3):
            now = time.monotonic()
            while recent and now - recent[0][0] > 30:
                recent.pop(0)
            if len(recent) >= 10 and sum(1 for _, is_bad in recent if is_bad) / len(recent) > 0.5:
                raise Unavailable("circuit open")
            try:
                async with asyncio.timeout(10):
                    value = await _noop()
            except (TimeoutError, Unavailable):
                recent.append((now, True))
                if attempt == 2:
                    raise
                await asyncio.sleep(2**attempt)
            else:
                recent.append((now, False))
                del recent[:-100]
                return value
        raise AssertionError

    async def batch() -> int:
        for _ in range(CALLS):
            await call()
        return CALLS

    return batch


def _breaker(clock: SystemClock):  # noqa: ANN202
    breaker = CircuitBreaker("b", BreakerPolicy(), clock)

    def batch() -> int:
        for _ in range(CALLS):
            breaker.succeeded(breaker.admit(), 1000)
        return CALLS

    return batch


def _gcra(clock: SystemClock):  # noqa: ANN202
    quotas = {"all": Quota(2_000_000_000, 1.0, 1_000_000_000), "chat": Quota(2_000_000_000, 1.0, 1_000_000_000)}
    limiter = RateLimiter(quotas, clock)
    charges = [(Charge("all"), Charge("chat", n)) for n in range(40)]

    def batch() -> int:
        for n in range(CALLS):
            limiter.acquire(*charges[n % 40])
        return CALLS

    return batch
