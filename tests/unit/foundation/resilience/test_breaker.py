import pytest

from arbedge.foundation.resilience.breaker import BreakerState, CircuitBreaker, CircuitOpen
from arbedge.foundation.resilience.config import BreakerPolicy
from arbedge.foundation.runtime.clock import ManualClock

POLICY = BreakerPolicy(
    window_s=10,
    minimum_calls=4,
    failure_rate=0.5,
    slow_call_s=2,
    slow_rate=0.75,
    open_s=5,
    max_open_s=15,
    half_open_permits=3,
)
FAST_NS = 1_000_000
SLOW_NS = 2_000_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def changes() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def breaker(clock: ManualClock, changes: list[tuple[str, str]]) -> CircuitBreaker:
    return CircuitBreaker("venue", POLICY, clock, lambda old, new: changes.append((old, new)))


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.failed(breaker.admit(), FAST_NS)


def succeed(breaker: CircuitBreaker, times: int = 1, elapsed_ns: int = FAST_NS) -> None:
    for _ in range(times):
        breaker.succeeded(breaker.admit(), elapsed_ns)


def test_it_opens_at_the_failure_rate_and_not_before(breaker: CircuitBreaker) -> None:
    succeed(breaker, 5)
    fail(breaker, 4)
    assert breaker.state is BreakerState.CLOSED
    fail(breaker)
    assert breaker.state is BreakerState.OPEN


def test_few_calls_decide_nothing(breaker: CircuitBreaker) -> None:
    fail(breaker, 3)
    assert breaker.state is BreakerState.CLOSED
    fail(breaker)
    assert breaker.state is BreakerState.OPEN


def test_a_success_that_completes_the_minimum_can_open_it_too(breaker: CircuitBreaker) -> None:
    fail(breaker, 3)
    succeed(breaker)
    assert breaker.state is BreakerState.OPEN


async def test_failures_roll_out_of_the_window(breaker: CircuitBreaker, clock: ManualClock) -> None:
    fail(breaker, 3)
    await clock.advance(11)
    succeed(breaker, 3)
    fail(breaker)
    assert breaker.state is BreakerState.CLOSED
    told = breaker.snapshot()
    assert (told.calls, told.failure_rate) == (4, 0.25)


async def test_the_window_slides_bucket_by_bucket(breaker: CircuitBreaker, clock: ManualClock) -> None:
    for _ in range(30):
        succeed(breaker)
        await clock.advance(1)
        assert breaker.snapshot().calls <= 10
    assert breaker.snapshot().calls == 9


def test_slow_answers_open_it_too(breaker: CircuitBreaker) -> None:
    succeed(breaker, 1)
    succeed(breaker, 2, SLOW_NS)
    assert breaker.state is BreakerState.CLOSED
    succeed(breaker, 1, SLOW_NS)
    assert breaker.state is BreakerState.OPEN


async def test_open_refuses_and_says_for_how_long(breaker: CircuitBreaker, clock: ManualClock) -> None:
    fail(breaker, 4)
    await clock.advance(2)
    for ask in (breaker.admit, breaker.check):
        with pytest.raises(CircuitOpen, match=r"3\.0 s more") as caught:
            ask()
        assert caught.value.retry_after_s == 3
    assert breaker.snapshot().retry_after_s == 3


async def test_a_trial_admits_exactly_its_permits(breaker: CircuitBreaker, clock: ManualClock) -> None:
    fail(breaker, 4)
    await clock.advance(5)
    permits = [breaker.admit() for _ in range(3)]
    assert breaker.state is BreakerState.HALF_OPEN
    for ask in (breaker.admit, breaker.check):
        with pytest.raises(CircuitOpen, match="on trial") as caught:
            ask()
        assert caught.value.retry_after_s is None
    breaker.succeeded(permits[0], FAST_NS)
    with pytest.raises(CircuitOpen):
        breaker.admit()  # a permit used up is not given out again
    breaker.succeeded(permits[1], FAST_NS)
    breaker.succeeded(permits[2], FAST_NS)
    assert breaker.state is BreakerState.CLOSED
    assert breaker.snapshot().calls == 0


async def test_a_withdrawn_trial_call_frees_its_permit(breaker: CircuitBreaker, clock: ManualClock) -> None:
    fail(breaker, 4)
    await clock.advance(5)
    permits = [breaker.admit() for _ in range(3)]
    breaker.withdrawn(permits[0])
    breaker.admit()
    with pytest.raises(CircuitOpen):
        breaker.admit()


@pytest.mark.parametrize("is_slow", [False, True])
async def test_one_bad_trial_call_opens_it_for_twice_as_long(
    breaker: CircuitBreaker, clock: ManualClock, changes: list[tuple[str, str]], is_slow: bool
) -> None:
    fail(breaker, 4)
    waits = []
    for _ in range(4):
        retry_after_s = breaker.snapshot().retry_after_s
        assert retry_after_s is not None
        waits.append(retry_after_s)
        await clock.advance(retry_after_s)
        permit = breaker.admit()
        if is_slow:
            breaker.succeeded(permit, SLOW_NS)
        else:
            breaker.failed(permit, FAST_NS)
    assert waits == [5, 10, 15, 15]
    assert changes[:3] == [("closed", "open"), ("open", "half_open"), ("half_open", "open")]
    assert breaker.snapshot().opened == 5


async def test_the_doubled_pause_is_forgotten_after_recovery(breaker: CircuitBreaker, clock: ManualClock) -> None:
    fail(breaker, 4)
    await clock.advance(5)
    fail(breaker)
    await clock.advance(10)
    succeed(breaker, 3)
    fail(breaker, 4)
    assert breaker.snapshot().retry_after_s == 5


async def test_calls_from_before_the_trial_decide_nothing(breaker: CircuitBreaker, clock: ManualClock) -> None:
    late = [breaker.admit() for _ in range(3)]
    fail(breaker, 4)
    await clock.advance(5)
    trial = breaker.admit()
    for permit, report in zip(late, (breaker.failed, breaker.succeeded, breaker.failed), strict=True):
        report(permit, FAST_NS)
    breaker.withdrawn(late[0])
    assert breaker.state is BreakerState.HALF_OPEN
    breaker.succeeded(trial, FAST_NS)
    assert breaker.state is BreakerState.HALF_OPEN
    succeed(breaker, 2)
    assert breaker.state is BreakerState.CLOSED
