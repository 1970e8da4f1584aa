"""A guard under a seeded storm: slow, failing, limiting and vanishing calls, cancelled at any moment.

Whatever happens, every caller gets an answer or an error, nothing stays taken, and the venue's limits were kept.
"""

import asyncio
from random import Random

import pytest

from arbedge.errors import ArbEdgeError, Disconnected, RateLimited, Rejected
from arbedge.foundation.resilience.config import BreakerPolicy, BulkheadPolicy, GuardPolicy, RetryPolicy
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.clock import ManualClock

POLICY = GuardPolicy(
    deadline_s=8,
    attempt_timeout_s=2,
    retry=RetryPolicy(attempts=3, first_delay_s=0.2, max_delay_s=1),
    breaker=BreakerPolicy(window_s=10, minimum_calls=8, failure_rate=0.6, open_s=1, max_open_s=4, slow_call_s=1.5),
    bulkhead=BulkheadPolicy(max_concurrent=5, max_waiting=20),
)
CALLERS = 300
LIMIT, WINDOW_S = 60, 10


class StormyVenue:
    """Answers as its dice say; keeps the book on how many were inside and when each was asked."""

    def __init__(self, clock: ManualClock, rng: Random) -> None:
        self.clock = clock
        self.rng = rng
        self.inside = 0
        self.most_inside = 0
        self.asked_ns: list[int] = []

    async def __call__(self) -> str:
        self.asked_ns.append(self.clock.monotonic_ns())
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            dice = self.rng.random()
            if dice < 0.15:
                await self.clock.sleep(60)
            await self.clock.sleep(self.rng.random())
            if dice < 0.35:
                raise Disconnected("cut")
            if dice < 0.4:
                raise RateLimited("slow down", retry_after_s=self.rng.random() * 2)
            if dice < 0.5:
                raise Rejected("no")
            return "answer"
        finally:
            self.inside -= 1


@pytest.mark.timeout(90)
@pytest.mark.parametrize("seed", range(6))
async def test_a_storm_of_calls_leaves_nothing_taken(seed: int) -> None:
    clock, rng = ManualClock(), Random(seed)
    venue = StormyVenue(clock, rng)
    guard = Guard("venue", POLICY, clock, Random(seed), limiter=WeightBudget(LIMIT, WINDOW_S, clock))
    began_ns: dict[int, int] = {}
    took_s: list[float] = []

    async def caller(number: int) -> str:
        began_ns[number] = clock.monotonic_ns()
        try:
            return await guard.call(venue)
        finally:
            took_s.append((clock.monotonic_ns() - began_ns[number]) / 1e9)

    tasks: list[asyncio.Task[str]] = []
    while len(tasks) < CALLERS or not all(task.done() for task in tasks):
        for _ in range(rng.randint(0, 4) if len(tasks) < CALLERS else 0):
            tasks.append(asyncio.create_task(caller(len(tasks))))
        if rng.random() < 0.2:
            rng.choice(tasks or [asyncio.create_task(asyncio.sleep(0))]).cancel()
        await clock.advance(rng.random() * 0.3)

    outcomes = [task.exception() if not task.cancelled() else None for task in tasks]
    assert all(error is None or isinstance(error, ArbEdgeError) for error in outcomes)
    told = guard.snapshot()
    assert (told.in_flight, told.waiting, venue.inside) == (0, 0, 0)
    assert venue.most_inside <= POLICY.bulkhead.max_concurrent
    assert max(took_s) <= POLICY.deadline_s + 0.31  # one step of the clock
    for start_ns in venue.asked_ns:
        assert sum(start_ns <= at_ns < start_ns + WINDOW_S * 10**9 for at_ns in venue.asked_ns) <= LIMIT
    assert sum(not task.cancelled() and task.exception() is None for task in tasks) > 10

    await clock.advance(30)
    calm = asyncio.create_task(guard.call(lambda: asyncio.sleep(0, "calm")))
    await clock.advance(1)
    assert await calm == "calm"
