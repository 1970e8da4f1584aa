"""Bounding how long a call may take, cheaply: one timer, one cancellation, no task.

`asyncio.timeout` does the same for about twice the price and with its own error and clock.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from arbedge.errors import Timeout
from arbedge.foundation.runtime.clock import Clock

__all__ = ["Deadline", "within"]

T = TypeVar("T")


class Deadline:
    """A moment by which several steps together must be done."""

    __slots__ = ("_clock", "_ends_ns", "seconds")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._ends_ns = clock.monotonic_ns() + int(seconds * 1e9)
        self.seconds = seconds

    @property
    def left_s(self) -> float:
        """Seconds left; never below zero."""
        return max(0, self._ends_ns - self._clock.monotonic_ns()) / 1e9

    async def run(self, operation: Callable[[], Awaitable[T]], what: str) -> T:
        """The operation's answer within what is left; raises `Timeout` when it takes longer."""
        return await within(self._clock, self.left_s, operation, what)


async def within(clock: Clock, seconds: float, operation: Callable[[], Awaitable[T]], what: str) -> T:
    """The operation's answer, or `Timeout` naming `what` after that long; the operation is cancelled then.

    Without time left it is not started. A cancellation from outside passes through as it is, also when both meet.
    An operation that answers in spite of the cancellation has its answer returned.
    """
    if seconds <= 0:
        raise Timeout(f"{what}: no time left to ask")
    task = asyncio.current_task()
    assert task is not None
    cancelled_before = task.cancelling()
    has_expired = False

    def expire() -> None:
        nonlocal has_expired
        has_expired = True
        task.cancel()

    timer = clock.call_later(seconds, expire)
    try:
        return await operation()
    except asyncio.CancelledError:
        if has_expired:
            has_expired = False
            if task.uncancel() <= cancelled_before:
                raise Timeout(f"{what}: no answer within {seconds:g} s") from None
        raise
    finally:
        timer.cancel()
        if has_expired:
            task.uncancel()
