"""What transport asks of resilience: one guard round every outbound call, one ledger of a host's weight budget."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

__all__ = ["CallGuard", "WeightLedger"]

T = TypeVar("T")


class CallGuard(Protocol):
    """Deadline, retry, breaker, bulkhead and limiter round one call."""

    async def call(
        self, operation: Callable[[], Awaitable[T]], *, cost: int = 1, deadline_s: float | None = None
    ) -> T:
        """The operation's answer; `cost` is its weight in the host's budget."""
        ...


class WeightLedger(Protocol):
    """How much of a host's budget is spent. Its guard draws on it; we tell it the venue's own count."""

    def observe(self, used_weight: int) -> None:
        """The venue says that this much of the current window is spent."""
        ...
