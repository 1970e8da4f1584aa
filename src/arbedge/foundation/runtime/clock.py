"""The one place time comes from: wall time in UTC, monotonic time for ages, and sleeping.

Wall time (`now`) is for stamps people read and for schedules; ages and deadlines use `monotonic_ns`, which a
change of the machine's clock cannot move.
"""

import asyncio
import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "ManualClock", "SystemClock", "Timer"]


class Timer(Protocol):
    """A callback that has been set for later."""

    def cancel(self) -> None:
        """Do not call it; harmless once it has been called."""
        ...


class Clock(Protocol):
    """A source of time."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds on a clock that never goes back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; returns at once for zero or less. Cancellation ends the wait."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back on the event loop after that long unless the timer is cancelled; needs a running loop."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        """Nanoseconds since an arbitrary start."""
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(max(0.0, seconds))

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Set a timer of the event loop."""
        return asyncio.get_running_loop().call_later(seconds, callback)


class _ManualTimer:
    """A timer of a `ManualClock`."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class ManualClock:
    """A clock that moves only when told to: for tests, replay and simulated days.

    `advance` moves both clocks and wakes sleepers in order of their due time.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 1, 1, tzinfo=UTC)
        self._monotonic_ns = 1_000_000_000
        self._timers: list[tuple[int, int, _ManualTimer]] = []
        self._order = 0

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        return self._now

    def monotonic_ns(self) -> int:
        """Nanoseconds since this clock's start."""
        return self._monotonic_ns

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has moved past the due time."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: None if future.done() else future.set_result(None))
        try:
            await future
        finally:
            timer.cancel()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Set a timer that `advance` fires."""
        self._order += 1
        timer = _ManualTimer(callback)
        heapq.heappush(self._timers, (self._monotonic_ns + max(0, int(seconds * 1e9)), self._order, timer))
        return timer

    def shift_wall(self, seconds: float) -> None:
        """Jump the wall clock alone, as a machine's clock correction does."""
        self._now += timedelta(seconds=seconds)

    async def advance(self, seconds: float) -> None:
        """Move time on, letting each sleeper and timer run at its own due moment."""
        target_ns = self._monotonic_ns + int(seconds * 1e9)
        while self._timers and self._timers[0][0] <= target_ns:
            due_ns, _, timer = heapq.heappop(self._timers)
            if timer.callback is None:
                continue
            self._move_to(max(due_ns, self._monotonic_ns))
            timer.callback()
            for _ in range(5):
                await asyncio.sleep(0)
        self._move_to(target_ns)
        await asyncio.sleep(0)

    def _move_to(self, due_ns: int) -> None:
        self._now += timedelta(microseconds=(due_ns - self._monotonic_ns) / 1000)
        self._monotonic_ns = due_ns
