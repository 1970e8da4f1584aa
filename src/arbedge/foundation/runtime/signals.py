"""Stopping on request: SIGINT or SIGTERM asks for an orderly stop, a second one ends the process at once."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["StopSignal"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _end_process(number: int) -> None:
    os._exit(128 + number)  # a stop that hangs must not be waited for twice


class StopSignal:
    """Hears the two signals while it is entered; enter it inside a running event loop, on the main thread.

    The first signal ends `wait`; the second calls `force(signal number)`, which by default ends the process with
    the code shells use (130 for Ctrl-C). Leaving restores what was there before.
    """

    def __init__(self, force: Callable[[int], None] = _end_process) -> None:
        self._force = force
        self._is_asked = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._before: dict[int, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self.received: signal.Signals | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            self._before[number] = signal.getsignal(number)
            if sys.platform == "win32":  # its loops take no signals; the interpreter's own come in any frame
                signal.signal(number, self._hear_in_frame)
            else:
                self._loop.add_signal_handler(number, self._hear, number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        for number, before in self._before.items():
            if sys.platform != "win32":
                self._loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL if before is None else before)
        self._before.clear()

    @property
    def is_set(self) -> bool:
        """Whether a stop was asked for."""
        return self._is_asked

    def ask(self) -> None:
        """Ask for the stop from inside the program, as a first signal would."""
        self._is_asked = True
        for done in self._waiting:
            _settle(done)

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait until a stop is asked for, at most that long; whether it was asked for."""
        if self._is_asked:
            return True
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.add(done)
        timer = None if seconds is None else loop.call_later(seconds, _settle, done)
        try:
            await done
        finally:
            self._waiting.discard(done)
            if timer is not None:
                timer.cancel()
        return self._is_asked

    def _hear(self, number: int) -> None:
        if self.received is not None:
            self._force(number)
            return
        self.received = signal.Signals(number)
        self.ask()

    def _hear_in_frame(self, number: int, _frame: FrameType | None) -> None:
        if self.received is not None:
            self._force(number)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._hear, number)


def _settle(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
