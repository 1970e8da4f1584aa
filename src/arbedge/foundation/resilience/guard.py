"""The one way out: everything that stands round an outbound call, in one object.

    bulkhead → for each attempt: limiter → breaker → deadline → the call → retry decision

Every attempt pays the limiter, because the other side counts every request. A refusal of our own (no room, no
budget in time, circuit open) is raised at once and never retried here: that is the caller's fallback to decide.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from arbedge.errors import ArbEdgeError, RateLimited, Timeout, Unavailable
from arbedge.foundation.resilience.breaker import BreakerSnapshot, BreakerState, CircuitBreaker, CircuitOpen
from arbedge.foundation.resilience.bulkhead import Bulkhead
from arbedge.foundation.resilience.config import GuardPolicy
from arbedge.foundation.resilience.deadline import within
from arbedge.foundation.resilience.retry import decide_retry
from arbedge.foundation.runtime.clock import Clock

__all__ = ["CallLimiter", "Guard", "GuardHooks", "GuardSnapshot", "QuietGuardHooks"]

T = TypeVar("T")


class CallLimiter(Protocol):
    """What a guard asks of a limiter."""

    def reserve(self, weight: int) -> float:
        """0 when the weight was taken, otherwise the seconds to wait before asking again."""
        ...

    def penalise(self, seconds: float) -> None:
        """The other side asked for silence for that long."""
        ...


class GuardHooks(Protocol):
    """What metrics want to know of guards; called synchronously, must not raise."""

    def call_ended(self, guard: str, outcome: str, elapsed_s: float) -> None:
        """A call ended: `ok`, `cancelled`, an error's code, or `fault` for an error nobody foresaw."""
        ...

    def retried(self, guard: str, reason: str) -> None:
        """Another attempt follows one that failed with that error code."""
        ...

    def waited(self, guard: str, seconds: float) -> None:
        """An attempt was held back that long by the limiter."""
        ...

    def breaker_changed(self, guard: str, state: BreakerState) -> None:
        """The circuit changed state."""
        ...


class QuietGuardHooks:
    """Hooks nobody listens to."""

    def call_ended(self, guard: str, outcome: str, elapsed_s: float) -> None:
        """Ignored."""

    def retried(self, guard: str, reason: str) -> None:
        """Ignored."""

    def waited(self, guard: str, seconds: float) -> None:
        """Ignored."""

    def breaker_changed(self, guard: str, state: BreakerState) -> None:
        """Ignored."""


@dataclass(frozen=True, slots=True)
class GuardSnapshot:
    """One guard for a health page."""

    name: str
    breaker: BreakerSnapshot
    in_flight: int
    waiting: int
    last_error: str | None


class Guard:
    """Stands round the calls to one other side (a venue's REST, a webhook); on the event loop's thread."""

    def __init__(
        self,
        name: str,
        policy: GuardPolicy,
        clock: Clock,
        rng: Random,
        hooks: GuardHooks | None = None,
        *,
        limiter: CallLimiter | None = None,
    ) -> None:
        self.name = name
        self.policy = policy
        self._clock = clock
        self._rng = rng
        self._hooks = hooks or QuietGuardHooks()
        self._limiter = limiter
        self._bulkhead = Bulkhead(name, policy.bulkhead, clock)
        self._breaker = CircuitBreaker(
            name, policy.breaker, clock, lambda _, new: self._hooks.breaker_changed(name, new)
        )
        self._last_error: str | None = None
        self._cause: str | None = None

    async def call(
        self, operation: Callable[[], Awaitable[T]], *, cost: int = 1, deadline_s: float | None = None
    ) -> T:
        """The operation's answer, asked as often as the policy allows within the deadline (else the policy's).

        `cost` is what each attempt takes from the limiter. Raises what the last attempt raised; `Timeout`,
        `RateLimited` (no budget in time), `BulkheadFull` or `CircuitOpen` of our own. A cancelled call counts as
        neither success nor failure. The operation must be safe to repeat unless the policy makes one attempt only.
        """
        started_ns = self._clock.monotonic_ns()
        allowed_s = self.policy.deadline_s if deadline_s is None else deadline_s
        has_entered = self._bulkhead.try_enter()
        outcome = "fault"
        try:
            if not has_entered:
                await self._bulkhead.enter(allowed_s)
                has_entered = True
            result = await self._ask(operation, cost, started_ns + int(allowed_s * 1e9))
            outcome = "ok"
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        except ArbEdgeError as error:
            outcome = error.code
            if isinstance(error, CircuitOpen) and self._cause is not None:
                # Whoever is refused here wants to know what is wrong over there.
                error.args = (f"{error}, since {self._cause}",)
            self._last_error = str(error)
            raise
        finally:
            if has_entered:
                self._bulkhead.leave()
            self._hooks.call_ended(self.name, outcome, (self._clock.monotonic_ns() - started_ns) / 1e9)
        return result

    def snapshot(self) -> GuardSnapshot:
        """How it stands now."""
        bulkhead = self._bulkhead
        return GuardSnapshot(
            self.name, self._breaker.snapshot(), bulkhead.in_flight, bulkhead.waiting, self._last_error
        )

    async def _ask(self, operation: Callable[[], Awaitable[T]], cost: int, ends_ns: int) -> T:
        attempt = 1
        while True:
            self._breaker.check()  # before the limiter: a refused call must not spend budget
            if self._limiter is not None:
                await self._await_budget(self._limiter, cost, ends_ns)
            if self._clock.monotonic_ns() >= ends_ns:
                raise Timeout(f"{self.name}: no time left to ask")
            permit = self._breaker.admit()
            try:
                return await self._attempt(operation, permit, ends_ns)
            except ArbEdgeError as error:
                if isinstance(error, RateLimited) and error.retry_after_s is not None and self._limiter is not None:
                    self._limiter.penalise(error.retry_after_s)
                left_s = (ends_ns - self._clock.monotonic_ns()) / 1e9
                decision = decide_retry(self.policy.retry, error, attempt, left_s, self._rng)
                if not decision.is_retry or self._breaker.state is BreakerState.OPEN:
                    if attempt > 1:
                        error.add_note(f"{self.name}: attempt {attempt}, no other: {decision.verdict}")
                    raise
                reason = error.code
            self._hooks.retried(self.name, reason)
            await self._clock.sleep(decision.delay_s)
            attempt += 1

    async def _attempt(self, operation: Callable[[], Awaitable[T]], permit: int, ends_ns: int) -> T:
        """One call under its deadline, reported to the breaker."""
        started_ns = self._clock.monotonic_ns()
        seconds = min(self.policy.attempt_timeout_s, (ends_ns - started_ns) / 1e9)
        report: Callable[[int, int], None] = self._breaker.failed
        try:
            result = await within(self._clock, seconds, operation, self.name)
            report = self._breaker.succeeded
        except asyncio.CancelledError:
            report = self._withdraw
            raise
        except Unavailable as error:
            self._cause = str(error)
            raise
        except ArbEdgeError:
            report = self._breaker.succeeded  # it answered, and refused
            raise
        finally:
            report(permit, self._clock.monotonic_ns() - started_ns)
        return result

    def _withdraw(self, permit: int, _elapsed_ns: int) -> None:
        self._breaker.withdrawn(permit)

    async def _await_budget(self, limiter: CallLimiter, cost: int, ends_ns: int) -> None:
        while (wait_s := limiter.reserve(cost)) > 0:
            left_s = (ends_ns - self._clock.monotonic_ns()) / 1e9
            if wait_s >= left_s:
                raise RateLimited(
                    f"{self.name}: the next call of weight {cost} may be made in {wait_s:.1f} s, "
                    f"{max(0.0, left_s):.1f} s are left",
                    retry_after_s=wait_s,
                )
            self._hooks.waited(self.name, wait_s)
            await self._clock.sleep(wait_s)
