"""A deadline that counts the time in which work could run, not the time in which the machine was busy elsewhere."""

from collections.abc import Callable

from arbedge.foundation.runtime.clock import Clock, Timer

__all__ = ["Countdown"]

_SLICES = 20


class Countdown:
    """Calls back after `seconds`, taken in 20 equal slices, each begun when the loop had noted the one before.

    On an idle loop that is the same as one timer. Where the loop (or its process) stood still, only the slice it
    stood still in is over, so whoever is waited for always had 20 turns of the loop. A plain timer would be
    overdue at the first turn after the standstill, before the work it limits could make one step.
    """

    def __init__(self, clock: Clock, seconds: float, callback: Callable[[], None]) -> None:
        self._clock = clock
        self._slice_s = max(0.0, seconds) / _SLICES
        self._left = _SLICES
        self._callback = callback
        self._timer: Timer = clock.call_later(self._slice_s, self._next)

    def cancel(self) -> None:
        """Do not call back; harmless once it has."""
        self._timer.cancel()

    def _next(self) -> None:
        self._left -= 1
        if self._left:
            self._timer = self._clock.call_later(self._slice_s, self._next)
        else:
            self._callback()
