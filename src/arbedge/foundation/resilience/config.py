"""How patient, how careful and how many at once: the settings of a guard, with their ranges."""

from dataclasses import dataclass, field

from arbedge.errors import ConfigError

__all__ = ["BreakerPolicy", "BulkheadPolicy", "GuardPolicy", "RetryPolicy"]


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ConfigError(f"{name} is {value:g}; expected between {low:g} and {high:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential backoff with full jitter: the n-th retry waits up to `first_delay_s` * 2 ** (n - 1), capped.

    `attempts` counts the first call too: 1 means no retry.
    """

    attempts: int = 3
    first_delay_s: float = 0.2
    max_delay_s: float = 5.0

    def __post_init__(self) -> None:
        _check_range("retry.attempts", self.attempts, 1, 20)
        _check_range("retry.first_delay_s", self.first_delay_s, 0.001, 60)
        _check_range("retry.max_delay_s", self.max_delay_s, self.first_delay_s, 600)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When a circuit opens and how it is tried again.

    Over the last `window_s`, once `minimum_calls` were made, it opens when the share of failed calls reaches
    `failure_rate` or the share of calls slower than `slow_call_s` reaches `slow_rate`. It stays open for `open_s`,
    doubled after each failed trial up to `max_open_s`; a trial is exactly `half_open_permits` calls, all good.
    """

    window_s: float = 30.0
    minimum_calls: int = 10
    failure_rate: float = 0.5
    slow_call_s: float = 5.0
    slow_rate: float = 0.8
    open_s: float = 5.0
    max_open_s: float = 60.0
    half_open_permits: int = 2

    def __post_init__(self) -> None:
        _check_range("breaker.window_s", self.window_s, 0.01, 3600)
        _check_range("breaker.minimum_calls", self.minimum_calls, 1, 100_000)
        _check_range("breaker.failure_rate", self.failure_rate, 0.01, 1)
        _check_range("breaker.slow_call_s", self.slow_call_s, 0.001, 3600)
        _check_range("breaker.slow_rate", self.slow_rate, 0.01, 1)
        _check_range("breaker.open_s", self.open_s, 0.001, 3600)
        _check_range("breaker.max_open_s", self.max_open_s, self.open_s, 86_400)
        _check_range("breaker.half_open_permits", self.half_open_permits, 1, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkheadPolicy:
    """How many calls may be under way at once, and how many more may wait for their turn."""

    max_concurrent: int = 16
    max_waiting: int = 256

    def __post_init__(self) -> None:
        _check_range("bulkhead.max_concurrent", self.max_concurrent, 1, 10_000)
        _check_range("bulkhead.max_waiting", self.max_waiting, 0, 100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """Everything about one guard.

    `deadline_s` bounds a whole call: waiting for a turn, waiting for the limiter, every attempt and every pause
    between them. `attempt_timeout_s` bounds one attempt.
    """

    deadline_s: float = 15.0
    attempt_timeout_s: float = 10.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    bulkhead: BulkheadPolicy = field(default_factory=BulkheadPolicy)

    def __post_init__(self) -> None:
        _check_range("guard.deadline_s", self.deadline_s, 0.001, 3600)
        _check_range("guard.attempt_timeout_s", self.attempt_timeout_s, 0.001, 3600)
