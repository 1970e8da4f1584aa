"""How many calls may be under way at once; a bounded few more wait their turn, first come first served."""

import asyncio
from collections import deque

from arbedge.errors import Timeout, Unavailable
from arbedge.foundation.resilience.config import BulkheadPolicy
from arbedge.foundation.runtime.clock import Clock

__all__ = ["Bulkhead", "BulkheadFull"]


class BulkheadFull(Unavailable):
    """Too many calls are under way and too many wait: come back later."""

    code = "bulkhead_full"


class Bulkhead:
    """A counted door; calls on the event loop's thread. Every entry is followed by exactly one `leave`."""

    def __init__(self, name: str, policy: BulkheadPolicy, clock: Clock) -> None:
        self._name = name
        self._policy = policy
        self._clock = clock
        self._in_flight = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def in_flight(self) -> int:
        """How many are inside, counting places already promised to a waiter."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def try_enter(self) -> bool:
        """Enter when there is a place now and nobody waits for it."""
        if self._in_flight < self._policy.max_concurrent:
            self._in_flight += 1
            return True
        return False

    async def enter(self, deadline_s: float) -> None:
        """Enter, waiting at most that long; raises `BulkheadFull` when too many wait, `Timeout` when late."""
        if self.try_enter():
            return
        if len(self._waiting) >= self._policy.max_waiting:
            raise BulkheadFull(
                f"{self._name}: {self._in_flight} calls under way and {len(self._waiting)} waiting already"
            )
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self._clock.call_later(deadline_s, lambda: self._give_up(place, deadline_s))
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.leave()  # a place was promised and the caller left in the same moment: pass it on
            raise
        finally:
            timer.cancel()
            if place in self._waiting:
                self._waiting.remove(place)

    def leave(self) -> None:
        """Give the place to the longest waiting caller, or free it."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._in_flight -= 1

    def _give_up(self, place: asyncio.Future[None], deadline_s: float) -> None:
        if not place.done():
            place.set_exception(Timeout(f"{self._name}: no turn within {deadline_s:g} s"))
