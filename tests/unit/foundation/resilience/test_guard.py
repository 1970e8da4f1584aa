import asyncio
from collections.abc import Callable
from random import Random

import pytest

from arbedge.errors import (
    ArbEdgeError,
    Disconnected,
    IntegrityError,
    NotFound,
    RateLimited,
    Rejected,
    Timeout,
)
from arbedge.foundation.resilience.breaker import BreakerState, CircuitOpen
from arbedge.foundation.resilience.bulkhead import BulkheadFull
from arbedge.foundation.resilience.config import BreakerPolicy, BulkheadPolicy, GuardPolicy, RetryPolicy
from arbedge.foundation.resilience.guard import Guard
from arbedge.foundation.resilience.weight import WeightBudget
from arbedge.foundation.runtime.clock import ManualClock

pytestmark = pytest.mark.timeout(20)

POLICY = GuardPolicy(
    deadline_s=20,
    attempt_timeout_s=4,
    retry=RetryPolicy(attempts=3, first_delay_s=1, max_delay_s=2),
    breaker=BreakerPolicy(minimum_calls=6, failure_rate=0.5, open_s=10, slow_call_s=60, half_open_permits=3),
    bulkhead=BulkheadPolicy(max_concurrent=2, max_waiting=1),
)


class Ledger:
    """Hooks that write down what they hear."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, float]] = []
        self.retries: list[str] = []
        self.waits: list[float] = []
        self.states: list[BreakerState] = []

    def call_ended(self, guard: str, outcome: str, elapsed_s: float) -> None:
        self.calls.append((outcome, elapsed_s))

    def retried(self, guard: str, reason: str) -> None:
        self.retries.append(reason)

    def waited(self, guard: str, seconds: float) -> None:
        self.waits.append(seconds)

    def breaker_changed(self, guard: str, state: BreakerState) -> None:
        self.states.append(state)


class Venue:
    """The other side: raises what is listed, call by call, then answers."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return "answer"


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def make(clock: ManualClock, ledger: Ledger) -> Callable[..., Guard]:
    def build(policy: GuardPolicy = POLICY, limiter: WeightBudget | None = None) -> Guard:
        return Guard("binance", policy, clock, Random(1), ledger, limiter=limiter)

    return build


async def until(clock: ManualClock, task: asyncio.Task[object], seconds: float = 100, step_s: float = 0.25) -> None:
    await settle()
    for _ in range(int(seconds / step_s)):
        if task.done():
            return
        await clock.advance(step_s)
        await settle()
    raise AssertionError("still running")


async def test_an_answer_is_handed_through(make: Callable[..., Guard], ledger: Ledger) -> None:
    assert await make().call(Venue()) == "answer"
    assert ledger.calls == [("ok", 0.0)]


async def test_what_may_help_is_retried(make: Callable[..., Guard], clock: ManualClock, ledger: Ledger) -> None:
    venue = Venue(Disconnected("a"), Timeout("b"))
    task = asyncio.create_task(make().call(venue))
    await until(clock, task)
    assert await task == "answer"
    assert venue.asked == 3
    assert ledger.retries == ["disconnected", "timeout"]
    assert [outcome for outcome, _ in ledger.calls] == ["ok"]


async def test_the_last_error_is_raised_when_attempts_are_spent(
    make: Callable[..., Guard], clock: ManualClock, ledger: Ledger
) -> None:
    last = Disconnected("c")
    task = asyncio.create_task(make().call(Venue(Disconnected("a"), Disconnected("b"), last)))
    await until(clock, task)
    with pytest.raises(Disconnected) as caught:
        await task
    assert caught.value is last
    assert caught.value.__notes__ == ["binance: attempt 3, no other: attempts_spent"]
    assert [outcome for outcome, _ in ledger.calls] == ["disconnected"]


@pytest.mark.parametrize("error", [Rejected("no"), IntegrityError("bad"), ArbEdgeError("?"), ValueError("bug")])
async def test_what_cannot_help_is_raised_at_once(
    make: Callable[..., Guard], ledger: Ledger, error: Exception
) -> None:
    venue = Venue(error)
    with pytest.raises(type(error)):
        await make().call(venue)
    assert venue.asked == 1
    assert ledger.calls[0][0] == (error.code if isinstance(error, ArbEdgeError) else "fault")


async def test_refusals_are_answers_to_the_breaker(make: Callable[..., Guard]) -> None:
    guard = make()
    for error in (Rejected("no"), IntegrityError("bad"), NotFound("x")) * 4:
        with pytest.raises(type(error)):
            await guard.call(Venue(error))
    assert guard.snapshot().breaker.state is BreakerState.CLOSED
    assert guard.snapshot().breaker.failure_rate == 0


async def test_faults_nobody_foresaw_count_against_the_breaker(make: Callable[..., Guard]) -> None:
    guard = make()
    for _ in range(6):
        with pytest.raises(ValueError, match="bug"):
            await guard.call(Venue(ValueError("bug")))
    with pytest.raises(CircuitOpen):
        await guard.call(Venue())


async def test_each_attempt_has_its_own_timeout(
    make: Callable[..., Guard], clock: ManualClock, ledger: Ledger
) -> None:
    task = asyncio.create_task(make().call(forever))
    await until(clock, task)
    with pytest.raises(Timeout, match="binance: no answer within 4 s"):
        await task
    assert ledger.retries == ["timeout", "timeout"]
    assert ledger.calls[0][1] >= 12


async def test_the_whole_call_keeps_its_deadline(make: Callable[..., Guard], clock: ManualClock) -> None:
    started_ns = clock.monotonic_ns()
    task = asyncio.create_task(make().call(forever, deadline_s=5))
    await until(clock, task, step_s=0.125)
    with pytest.raises(Timeout):
        await task
    assert (clock.monotonic_ns() - started_ns) / 1e9 <= 5.125


async def test_an_open_circuit_refuses_without_asking(
    make: Callable[..., Guard], clock: ManualClock, ledger: Ledger
) -> None:
    guard = make()
    for _ in range(2):
        task = asyncio.create_task(guard.call(Venue(*[Disconnected("x")] * 3)))
        await until(clock, task)
        assert isinstance(task.exception(), Disconnected)
    venue = Venue()
    with pytest.raises(CircuitOpen) as caught:
        await guard.call(venue)
    assert venue.asked == 0
    assert caught.value.retry_after_s is not None
    assert ledger.states == [BreakerState.OPEN]
    assert ledger.calls[-1][0] == "circuit_open"
    assert guard.snapshot().last_error == str(caught.value)


async def test_a_failure_that_opens_the_circuit_is_raised_rather_than_retried_into_it(
    make: Callable[..., Guard], clock: ManualClock
) -> None:
    guard = make()
    first = asyncio.create_task(guard.call(Venue(*[Disconnected("x")] * 3)))
    await until(clock, first)
    assert isinstance(first.exception(), Disconnected)
    assert guard.snapshot().breaker.calls == 3
    second = asyncio.create_task(guard.call(Venue(*[Disconnected("x")] * 3)))
    await until(clock, second)
    assert isinstance(second.exception(), Disconnected)
    assert guard.snapshot().breaker.state is BreakerState.OPEN


async def test_twenty_callers_meet_a_half_open_circuit_and_exactly_the_permits_pass(clock: ManualClock) -> None:
    policy = GuardPolicy(
        retry=RetryPolicy(attempts=1),
        breaker=BreakerPolicy(minimum_calls=2, open_s=10, half_open_permits=3, slow_call_s=60),
        bulkhead=BulkheadPolicy(max_concurrent=100),
    )
    guard = Guard("binance", policy, clock, Random(1))
    for _ in range(2):
        with pytest.raises(Disconnected):
            await guard.call(Venue(Disconnected("x")))
    await clock.advance(10)
    inside = 0
    gate = asyncio.Event()

    async def slow() -> None:
        nonlocal inside
        inside += 1
        await gate.wait()

    tasks = [asyncio.create_task(guard.call(slow)) for _ in range(20)]
    await settle()
    assert inside == 3
    assert sum(task.done() for task in tasks) == 17
    assert all(isinstance(task.exception(), CircuitOpen) for task in tasks if task.done())
    gate.set()
    await asyncio.wait(tasks)
    assert inside == 3
    assert guard.snapshot().breaker.state is BreakerState.CLOSED


async def test_a_cancelled_call_is_not_a_failure_and_frees_everything(
    make: Callable[..., Guard], ledger: Ledger
) -> None:
    guard = make()
    for _ in range(20):
        task = asyncio.create_task(guard.call(forever))
        await settle()
        assert guard.snapshot().in_flight == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    told = guard.snapshot()
    assert (told.breaker.calls, told.in_flight, told.waiting) == (0, 0, 0)
    assert {outcome for outcome, _ in ledger.calls} == {"cancelled"}


async def test_the_bulkhead_bounds_calls_and_waiters(make: Callable[..., Guard], clock: ManualClock) -> None:
    guard = make()
    tasks = [asyncio.create_task(guard.call(forever)) for _ in range(3)]
    await settle()
    assert (guard.snapshot().in_flight, guard.snapshot().waiting) == (2, 1)
    with pytest.raises(BulkheadFull):
        await guard.call(Venue())
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert guard.snapshot().in_flight == 0


async def test_every_attempt_pays_the_limiter(
    make: Callable[..., Guard], clock: ManualClock, ledger: Ledger
) -> None:
    budget = WeightBudget(100, 60, clock)
    guard = make(limiter=budget)
    task = asyncio.create_task(guard.call(Venue(Disconnected("a"), Disconnected("b")), cost=20))
    await until(clock, task)
    assert budget.used == 60
    assert await guard.call(Venue(), cost=40) == "answer"
    waiting = asyncio.create_task(guard.call(Venue(), cost=20, deadline_s=100))
    await until(clock, waiting)
    assert await waiting == "answer"
    assert len(ledger.waits) == 1
    assert 50 < ledger.waits[0] <= 60


async def test_no_budget_in_time_is_refused_at_once(make: Callable[..., Guard], clock: ManualClock) -> None:
    budget = WeightBudget(100, 60, clock)
    guard = make(limiter=budget)
    budget.reserve(100)
    venue = Venue()
    started_ns = clock.monotonic_ns()
    with pytest.raises(RateLimited, match=r"weight 5 may be made in 60.0 s, 20.0 s are left") as caught:
        await guard.call(venue, cost=5)
    assert (venue.asked, clock.monotonic_ns()) == (0, started_ns)
    assert caught.value.retry_after_s == 60
    assert guard.snapshot().breaker.calls == 0


async def test_an_open_circuit_spends_no_budget(make: Callable[..., Guard], clock: ManualClock) -> None:
    budget = WeightBudget(100, 60, clock)
    guard = make(limiter=budget)
    for _ in range(2):
        task = asyncio.create_task(guard.call(Venue(*[Disconnected("x")] * 3)))
        await until(clock, task)
        assert task.exception() is not None
    used = budget.used
    with pytest.raises(CircuitOpen):
        await guard.call(Venue())
    assert budget.used == used


async def test_when_the_other_side_says_wait_everybody_waits(
    make: Callable[..., Guard], clock: ManualClock
) -> None:
    budget = WeightBudget(100, 60, clock)
    guard = make(limiter=budget)
    first, second = Venue(RateLimited("429", retry_after_s=8)), Venue()
    tasks = [asyncio.create_task(guard.call(first))]
    await settle()
    tasks.append(asyncio.create_task(guard.call(second)))
    await settle()
    assert (first.asked, second.asked) == (1, 0)
    await clock.advance(7.9)
    await settle()
    assert (first.asked, second.asked) == (1, 0)
    for task in tasks:
        await until(clock, task)
    assert (first.asked, second.asked) == (2, 1)
