from random import Random

import pytest

from arbedge.errors import (
    ArbEdgeError,
    ConfigError,
    Disconnected,
    IntegrityError,
    Invalid,
    RateLimited,
    Rejected,
    Unavailable,
)
from arbedge.foundation.resilience.config import BreakerPolicy, BulkheadPolicy, GuardPolicy, RetryPolicy
from arbedge.foundation.resilience.retry import Verdict, decide_retry

POLICY = RetryPolicy(attempts=4, first_delay_s=1, max_delay_s=3)


@pytest.mark.parametrize("error", [Rejected("no"), IntegrityError("gap"), Invalid("x"), ArbEdgeError("?")])
def test_what_a_retry_cannot_help_is_not_retried(error: ArbEdgeError) -> None:
    decision = decide_retry(POLICY, error, 1, 100, Random(1))
    assert (decision.verdict, decision.is_retry, decision.delay_s) == (Verdict.NOT_RETRYABLE, False, 0)


def test_attempts_count_the_first_call() -> None:
    assert decide_retry(POLICY, Unavailable("x"), 3, 100, Random(1)).is_retry
    assert decide_retry(POLICY, Unavailable("x"), 4, 100, Random(1)).verdict is Verdict.ATTEMPTS_SPENT


@pytest.mark.parametrize(("attempt", "most"), [(1, 1.0), (2, 2.0), (3, 3.0)])
def test_the_pause_is_spread_over_all_of_the_backoff(attempt: int, most: float) -> None:
    rng = Random(5)
    pauses = [decide_retry(POLICY, Disconnected("x"), attempt, 100, rng).delay_s for _ in range(400)]
    assert 0 <= min(pauses) < 0.05 * most
    assert 0.95 * most < max(pauses) <= most
    assert sum(pauses) / len(pauses) == pytest.approx(most / 2, rel=0.15)


def test_the_same_seed_gives_the_same_pauses() -> None:
    first, second = (
        [decide_retry(POLICY, Disconnected("x"), 1, 9, rng).delay_s for _ in range(5)]
        for rng in (Random(9), Random(9))
    )
    assert first == second


def test_the_other_side_says_when_to_come_back() -> None:
    rng = Random(2)
    limited = RateLimited("slow down", retry_after_s=7)
    assert all(7 <= decide_retry(POLICY, limited, 1, 100, rng).delay_s <= 8 for _ in range(50))
    assert decide_retry(POLICY, limited, 1, 6.9, rng).verdict is Verdict.NO_TIME_LEFT
    assert decide_retry(POLICY, RateLimited("?"), 1, 100, rng).delay_s <= 1


def test_no_pause_runs_past_the_deadline() -> None:
    rng = Random(3)
    for _ in range(200):
        decision = decide_retry(POLICY, Unavailable("x"), 1, 0.3, rng)
        assert decision.delay_s < 0.3
        assert decision.is_retry or decision.verdict is Verdict.NO_TIME_LEFT


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: RetryPolicy(attempts=0), "retry.attempts is 0"),
        (lambda: RetryPolicy(first_delay_s=5, max_delay_s=1), "retry.max_delay_s is 1"),
        (lambda: BreakerPolicy(failure_rate=1.5), "breaker.failure_rate"),
        (lambda: BreakerPolicy(open_s=10, max_open_s=5), "breaker.max_open_s"),
        (lambda: BreakerPolicy(half_open_permits=0), "breaker.half_open_permits"),
        (lambda: BulkheadPolicy(max_concurrent=0), "bulkhead.max_concurrent"),
        (lambda: GuardPolicy(deadline_s=0), "guard.deadline_s"),
    ],
)
def test_settings_out_of_range_are_named(make: object, names: str) -> None:
    with pytest.raises(ConfigError, match=names):
        make()  # type: ignore[operator]
