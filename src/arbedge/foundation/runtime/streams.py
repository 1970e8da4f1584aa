"""Bounded streams between one part of the program and the next, each with a named overflow policy.

Quotes: the newest wins. Events to storage, orders and fills: never dropped, the sender waits. Chat and views: the
oldest is dropped and counted. All calls on the event loop's thread.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from arbedge.errors import Timeout, Unavailable
from arbedge.foundation.runtime.clock import Clock

__all__ = ["BoundedStream", "Overflow", "StreamClosed", "StreamFull", "StreamSnapshot"]

T = TypeVar("T")


class StreamClosed(Unavailable):
    """The stream was closed: nothing more goes in, and all that was in it has been read."""

    code = "stream_closed"
    retryable = False


class StreamFull(Unavailable):
    """A never-dropping stream has no room now; wait with `put`, or keep the item yourself."""

    code = "stream_full"


class Overflow(StrEnum):
    """What happens to an item when the stream is full."""

    NEWEST_WINS = "newest_wins"
    """Items have a key; a newer item takes the place of the waiting one with its key. Only a new key can be too
    many: then the longest waiting item is dropped and counted."""
    DROP_OLDEST = "drop_oldest"
    """The longest waiting item is dropped and counted."""
    NEVER_DROP = "never_drop"
    """`put` waits for room; `offer` refuses."""


@dataclass(frozen=True, slots=True)
class StreamSnapshot:
    """Counters of one stream since it was made; `deepest` is the most that ever waited."""

    name: str
    overflow: Overflow
    capacity: int
    depth: int
    deepest: int
    offered: int
    replaced: int
    dropped: int
    is_closed: bool


class BoundedStream(Generic[T]):
    """A bounded first-in first-out stream; any number of senders and readers, each item read once.

    `key` is needed with `NEWEST_WINS` and only there. `on_drop(name)` is called once for each dropped item.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        capacity: int,
        overflow: Overflow,
        key: Callable[[T], Hashable] | None = None,
        on_drop: Callable[[str], None] | None = None,
    ) -> None:
        if capacity < 1:
            raise ValueError("a stream holds at least one item")
        if (key is not None) != (overflow is Overflow.NEWEST_WINS):
            raise ValueError("newest_wins needs a key, and nothing else takes one")
        self.name = name
        self.capacity = capacity
        self.overflow = overflow
        self._clock = clock
        self._key = key
        self._on_drop = on_drop
        self._waiting: OrderedDict[Hashable, T] = OrderedDict()
        self._readers: deque[asyncio.Future[None]] = deque()
        self._senders: deque[asyncio.Future[None]] = deque()
        self._offered = 0
        self._replaced = 0
        self._dropped = 0
        self._deepest = 0
        self._is_closed = False

    @property
    def depth(self) -> int:
        """How many items wait."""
        return len(self._waiting)

    @property
    def dropped(self) -> int:
        """How many items were dropped unread."""
        return self._dropped

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called; items may still wait to be read."""
        return self._is_closed

    def snapshot(self) -> StreamSnapshot:
        """Every counter at once."""
        return StreamSnapshot(
            self.name,
            self.overflow,
            self.capacity,
            len(self._waiting),
            self._deepest,
            self._offered,
            self._replaced,
            self._dropped,
            self._is_closed,
        )

    def offer(self, item: T) -> None:
        """Hand an item over at once, dropping another one where the policy allows.

        Raises `StreamFull` on a full never-dropping stream and `StreamClosed` after `close`.
        """
        if self._is_closed:
            raise StreamClosed(f"stream {self.name!r} is closed")
        waiting = self._waiting
        key: Hashable = self._offered if self._key is None else self._key(item)
        if self._key is not None and key in waiting:
            waiting[key] = item  # keeps its place in the line, so a busy key cannot starve itself
            self._offered += 1
            self._replaced += 1
            return
        if len(waiting) >= self.capacity:
            if self.overflow is Overflow.NEVER_DROP:
                raise StreamFull(f"stream {self.name!r} is full ({self.capacity} items wait)")
            waiting.popitem(last=False)
            self._dropped += 1
            if self._on_drop is not None:
                self._on_drop(self.name)
        waiting[key] = item
        self._offered += 1
        self._deepest = max(self._deepest, len(waiting))
        _wake_one(self._readers)

    async def put(self, item: T, deadline_s: float) -> None:
        """Hand an item over, waiting for room on a never-dropping stream.

        Raises `Timeout` when there was no room in time and `StreamClosed` after `close`: the item was not taken.
        """
        if self.overflow is Overflow.NEVER_DROP:
            ends_ns = self._clock.monotonic_ns() + int(deadline_s * 1e9)
            while len(self._waiting) >= self.capacity and not self._is_closed:
                left_s = (ends_ns - self._clock.monotonic_ns()) / 1e9
                if left_s <= 0 or not await self._notified(self._senders, left_s):
                    if len(self._waiting) < self.capacity:
                        break
                    raise Timeout(f"no room in stream {self.name!r} within {deadline_s:g} s")
        self.offer(item)

    async def get(self, deadline_s: float | None = None) -> T:
        """The longest waiting item; waits for one until `close` (for ever without a deadline).

        Raises `Timeout` when none came in time, `StreamClosed` when closed and empty.
        """
        ends_ns = None if deadline_s is None else self._clock.monotonic_ns() + int(deadline_s * 1e9)
        while not self._waiting:
            if self._is_closed:
                raise StreamClosed(f"stream {self.name!r} is closed")
            left_s = None if ends_ns is None else (ends_ns - self._clock.monotonic_ns()) / 1e9
            if left_s is not None and left_s <= 0:
                raise Timeout(f"nothing came through stream {self.name!r} within {deadline_s:g} s")
            await self._notified(self._readers, left_s)
        return self._pop()

    async def get_batch(self, most: int, deadline_s: float | None = None) -> list[T]:
        """Wait as `get` does for the first item, then take what else waits, at most `most` in all."""
        batch = [await self.get(deadline_s)]
        while self._waiting and len(batch) < most:
            batch.append(self._pop())
        return batch

    def drain(self) -> list[T]:
        """Take everything that waits now, oldest first."""
        items = list(self._waiting.values())
        self._waiting.clear()
        for _ in items:
            _wake_one(self._senders)
        return items

    def close(self) -> None:
        """Take nothing more; what waits can still be read, then readers end. Closing twice is harmless."""
        self._is_closed = True
        for waiters in (self._readers, self._senders):
            while waiters:
                _wake_one(waiters)

    def __aiter__(self) -> "BoundedStream[T]":
        return self

    async def __anext__(self) -> T:
        try:
            return await self.get()
        except StreamClosed:
            raise StopAsyncIteration from None

    def _pop(self) -> T:
        _, item = self._waiting.popitem(last=False)
        _wake_one(self._senders)
        return item

    async def _notified(self, waiters: deque[asyncio.Future[None]], seconds: float | None) -> bool:
        """Wait to be woken; False when the time passed first. A wake-up that is not used is passed on."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        expired = False

        def expire() -> None:
            nonlocal expired
            if not future.done():
                expired = True
                future.set_result(None)

        timer = None if seconds is None else self._clock.call_later(seconds, expire)
        waiters.append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and not expired:
                _wake_one(waiters)  # woken and cancelled at once: another waiter must hear of it
            raise
        finally:
            if timer is not None:
                timer.cancel()
            if future in waiters:
                waiters.remove(future)
        return not expired


def _wake_one(waiters: deque[asyncio.Future[None]]) -> None:
    while waiters:
        future = waiters.popleft()
        if not future.done():
            future.set_result(None)
            return
