"""A circuit breaker: stops calling what keeps failing, and finds out with a counted few calls when it is back.

Every call takes a permit and hands it back with its result. A permit belongs to the state it was given in: a call
admitted before the circuit opened cannot decide the trial that follows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from arbedge.errors import Unavailable
from arbedge.foundation.resilience.config import BreakerPolicy
from arbedge.foundation.runtime.clock import Clock

__all__ = ["BreakerSnapshot", "BreakerState", "CircuitBreaker", "CircuitOpen"]

_BUCKETS = 10


class CircuitOpen(Unavailable):
    """Not asked at all: recent calls failed. `retry_after_s` is None while a trial is under way."""

    code = "circuit_open"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BreakerState(StrEnum):
    """Whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerSnapshot:
    """What the rolling window holds now; rates are shares of `calls`, 0 where there were none."""

    state: BreakerState
    calls: int
    failure_rate: float
    slow_rate: float
    opened: int
    retry_after_s: float | None


class CircuitBreaker:
    """One circuit; calls on the event loop's thread. `on_change(old, new)` hears of every change of state."""

    def __init__(
        self,
        name: str,
        policy: BreakerPolicy,
        clock: Clock,
        on_change: Callable[[BreakerState, BreakerState], None] | None = None,
    ) -> None:
        self._name = name
        self._policy = policy
        self._clock = clock
        self._on_change = on_change
        self._state = BreakerState.CLOSED
        self._generation = 0
        self._slow_ns = int(policy.slow_call_s * 1e9)
        self._window = _RollingCounts(int(policy.window_s * 1e9))
        self._open_until_ns = 0
        self._open_s = policy.open_s
        self._opened = 0
        self._permits_left = 0
        self._trial_successes = 0

    @property
    def state(self) -> BreakerState:
        """The state now; an open circuit whose time is up still says open until the next call tries it."""
        return self._state

    def check(self) -> None:
        """Raise `CircuitOpen` when `admit` would; takes nothing."""
        if self._state is BreakerState.CLOSED:
            return
        if self._state is BreakerState.OPEN:
            left_ns = self._open_until_ns - self._clock.monotonic_ns()
            if left_ns > 0:
                left_s = left_ns / 1e9
                raise CircuitOpen(f"{self._name}: circuit open for {left_s:.1f} s more", retry_after_s=left_s)
        elif self._permits_left == 0:
            raise CircuitOpen(f"{self._name}: circuit on trial, its {self._policy.half_open_permits} calls are out")

    def admit(self) -> int:
        """A permit for one call; hand it to exactly one of `succeeded`, `failed`, `withdrawn`.

        Raises `CircuitOpen`.
        """
        if self._state is not BreakerState.CLOSED:
            self.check()
            if self._state is BreakerState.OPEN:
                self._permits_left = self._policy.half_open_permits
                self._trial_successes = 0
                self._change(BreakerState.HALF_OPEN)
            self._permits_left -= 1
        return self._generation

    def succeeded(self, permit: int, elapsed_ns: int) -> None:
        """The call was answered, also when the answer was a refusal: the other side is there."""
        if permit != self._generation:
            return
        is_slow = elapsed_ns >= self._slow_ns
        if self._state is BreakerState.CLOSED:
            self._window.add(self._clock.monotonic_ns(), is_failure=False, is_slow=is_slow)
            if self._window.failures or self._window.slow:
                self._judge()
        elif is_slow:
            self._reopen()
        else:
            self._trial_successes += 1
            if self._trial_successes >= self._policy.half_open_permits:
                self._close()

    def failed(self, permit: int, elapsed_ns: int) -> None:
        """The call was not answered usefully."""
        if permit != self._generation:
            return
        if self._state is BreakerState.CLOSED:
            is_slow = elapsed_ns >= self._slow_ns
            self._window.add(self._clock.monotonic_ns(), is_failure=True, is_slow=is_slow)
            self._judge()
        else:
            self._reopen()

    def withdrawn(self, permit: int) -> None:
        """The call was cancelled by its caller: it says nothing, and its trial permit is free again."""
        if permit == self._generation and self._state is BreakerState.HALF_OPEN:
            self._permits_left += 1

    def snapshot(self) -> BreakerSnapshot:
        """State and rates now."""
        now_ns = self._clock.monotonic_ns()
        calls, failures, slow = self._window.totals(now_ns)
        is_open = self._state is BreakerState.OPEN
        return BreakerSnapshot(
            self._state,
            calls,
            failures / calls if calls else 0.0,
            slow / calls if calls else 0.0,
            self._opened,
            max(0, self._open_until_ns - now_ns) / 1e9 if is_open else None,
        )

    def _judge(self) -> None:
        calls, failures, slow = self._window.totals(self._clock.monotonic_ns())
        policy = self._policy
        if calls >= policy.minimum_calls and (
            failures >= policy.failure_rate * calls or slow >= policy.slow_rate * calls
        ):
            self._open_s = policy.open_s
            self._open()

    def _reopen(self) -> None:
        self._open_s = min(self._policy.max_open_s, self._open_s * 2)
        self._open()

    def _open(self) -> None:
        self._opened += 1
        self._open_until_ns = self._clock.monotonic_ns() + int(self._open_s * 1e9)
        self._change(BreakerState.OPEN)

    def _close(self) -> None:
        self._window.clear()
        self._change(BreakerState.CLOSED)

    def _change(self, new: BreakerState) -> None:
        old, self._state = self._state, new
        self._generation += 1
        if self._on_change is not None:
            self._on_change(old, new)


class _RollingCounts:
    """Calls, failures and slow calls of the last window, in ten buckets: each is forgotten as a whole."""

    __slots__ = ("_bucket", "_bucket_ns", "_calls", "_rows", "failures", "slow")

    def __init__(self, window_ns: int) -> None:
        self._bucket_ns = max(1, window_ns // _BUCKETS)
        self._bucket = 0
        self.clear()

    def clear(self) -> None:
        self._rows = [[0, 0, 0] for _ in range(_BUCKETS)]
        self._calls = self.failures = self.slow = 0

    def add(self, now_ns: int, *, is_failure: bool, is_slow: bool) -> None:
        bucket = now_ns // self._bucket_ns
        if bucket != self._bucket:
            self._move_to(bucket)
        row = self._rows[bucket % _BUCKETS]
        row[0] += 1
        self._calls += 1
        if is_failure:
            row[1] += 1
            self.failures += 1
        if is_slow:
            row[2] += 1
            self.slow += 1

    def totals(self, now_ns: int) -> tuple[int, int, int]:
        self._move_to(now_ns // self._bucket_ns)
        return self._calls, self.failures, self.slow

    def _move_to(self, bucket: int) -> None:
        """Empty every bucket between the last one used and this one: they hold what is older than the window."""
        if bucket - self._bucket >= _BUCKETS:
            self.clear()
        else:
            for passed in range(self._bucket + 1, bucket + 1):
                row = self._rows[passed % _BUCKETS]
                self._calls -= row[0]
                self.failures -= row[1]
                self.slow -= row[2]
                row[0] = row[1] = row[2] = 0
        self._bucket = max(self._bucket, bucket)
