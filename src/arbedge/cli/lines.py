"""JSON lines on standard output, written by a thread of their own: a slow reader never holds up the market.

Overflow: at most `LINES` lines wait; beyond that the oldest is dropped and counted, and each status tells how many.
"""

import contextlib
import json
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Self

__all__ = ["LINES", "LineWriter"]

LINES = 10_000
_LAST_WORDS_S = 0.5


class LineWriter:
    """Enter it to write, leave it to write what waits (for half a second at most).

    `on_gone` is called once, from the writing thread, when the reader has left.
    """

    def __init__(self, descriptor: int, on_gone: Callable[[], object]) -> None:
        self._descriptor = descriptor
        self._on_gone = on_gone
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name="lines", daemon=True)
        self.dropped = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(_LAST_WORDS_S)

    def write(self, row: dict[str, Any]) -> None:
        """Queue one line; returns at once."""
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        with self._changed:
            if len(self._waiting) >= LINES:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(line)
            self._changed.notify()

    def _work(self) -> None:
        try:
            while lines := self._take():
                left = memoryview(b"".join(lines))
                while left:
                    # The descriptor itself: a lock of sys.stdout held by a stuck thread would hang the exit.
                    left = left[os.write(self._descriptor, left) :]
        except OSError:
            with contextlib.suppress(RuntimeError):  # the loop may have ended in this very moment
                self._on_gone()

    def _take(self) -> list[bytes]:
        """What waits, as soon as something does; nothing once all is written and no more will come."""
        with self._changed:
            # Bounded by the program: leaving always notifies.
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            lines = list(self._waiting)
            self._waiting.clear()
            return lines
