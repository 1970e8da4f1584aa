"""A bounded pool of connections: one a backend or venue, with gauges.

Overflow policy: at `max_size` lent out, callers wait in line (first come, first served) until their deadline; at
`max_waiting` callers in line, the next is refused at once. All calls on the event loop's thread.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from arbedge.errors import Timeout, Unavailable
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.supervision import Supervisor, race, settle_all

__all__ = ["BoundedPool", "PoolExhausted", "PoolHooks", "PoolLimits", "PoolSnapshot"]

T = TypeVar("T")


class PoolExhausted(Unavailable):
    """Every connection is lent out and the line of waiting callers is full, or the pool has been closed."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Most connections open at once, most callers waiting for one, how long a wait and a closing may take."""

    max_size: int
    max_waiting: int = 100
    acquire_deadline_s: float = 5.0
    close_deadline_s: float = 5.0

    def __post_init__(self) -> None:
        if self.max_size < 1 or self.max_waiting < 0 or min(self.acquire_deadline_s, self.close_deadline_s) <= 0:
            raise ValueError("a pool needs max_size >= 1, max_waiting >= 0 and deadlines above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSnapshot:
    """A pool at one moment. `in_use` are lent out, being opened or being closed: never more than `max_size`.

    `opened`, `reused`, `waits`, `refused` count since the pool was made.
    """

    name: str
    in_use: int
    idle: int
    max_size: int
    waiting: int
    opened: int
    reused: int
    waits: int
    refused: int

    @property
    def reuse_ratio(self) -> float:
        """Share of loans that needed no new connection, 0..1; 0 before the first loan."""
        loans = self.opened + self.reused
        return self.reused / loans if loans else 0.0


class PoolHooks(Protocol):
    """What metrics want to know of pools."""

    def pool_changed(self, pool: PoolSnapshot) -> None:
        """A connection was lent, returned, opened or closed."""
        ...

    def pool_waited(self, pool: str) -> None:
        """A caller had to wait."""
        ...


class BoundedPool(Generic[T]):
    """Lends connections out one caller at a time. `open_one` makes one, `close_one` ends one.

    `is_usable` is asked before an idle one is lent again; one that is not is closed and replaced.
    """

    def __init__(  # noqa: PLR0913 - a connection's life takes three functions
        self,
        name: str,
        limits: PoolLimits,
        clock: Clock,
        *,
        open_one: Callable[[], Awaitable[T]],
        close_one: Callable[[T], Awaitable[None]],
        is_usable: Callable[[T], bool] = lambda _: True,
        hooks: PoolHooks | None = None,
    ) -> None:
        self.name = name
        self._limits = limits
        self._clock = clock
        self._open_one = open_one
        self._close_one = close_one
        self._is_usable = is_usable
        self._hooks = hooks
        self._idle: list[T] = []
        self._lent: dict[int, T] = {}
        self._taken = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._opened = self._reused = self._waits = self._refused = 0
        self._closed = 0
        self._is_closed = False
        self._closings = Supervisor(clock)

    def snapshot(self) -> PoolSnapshot:
        """The gauges now."""
        return PoolSnapshot(
            name=self.name,
            in_use=self._taken,
            idle=len(self._idle),
            max_size=self._limits.max_size,
            waiting=len(self._line),
            opened=self._opened,
            reused=self._reused,
            waits=self._waits,
            refused=self._refused,
        )

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[T]:
        """A connection for the length of a block; when the block is left by an error it is closed, not reused.

        A use cut short may have left half an answer on the wire. Raises what `acquire` raises.
        """
        connection = await self.acquire()
        is_clean = False
        try:
            yield connection
            is_clean = True
        finally:
            self.release(connection, is_broken=not is_clean)

    async def acquire(self) -> T:
        """A connection, to be given back with `release`.

        Raises `PoolExhausted` when the line is full, `Timeout` when the wait took too long, and whatever opening
        one raises.
        """
        await self._take_place()
        is_lent = False
        try:
            connection = await self._idle_or_new()
            self._lent[id(connection)] = connection
            is_lent = True
        finally:
            if not is_lent:
                self._give_place()
            self._show()
        return connection

    def release(self, connection: T, *, is_broken: bool = False) -> None:
        """Give a connection back; a broken one is closed in the background and holds its place until then.

        Giving back what was not lent raises `ValueError`.
        """
        if self._lent.pop(id(connection), None) is None:
            raise ValueError(f"pool {self.name} did not lend this connection")
        if is_broken or self._is_closed:
            self._begin_closing(connection, self._give_place)
        else:
            self._idle.append(connection)
            self._give_place()
        self._show()

    async def close(self) -> None:
        """Refuse new loans and close what is idle; what is lent out is closed when it comes back."""
        self._is_closed = True
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_exception(PoolExhausted(f"pool {self.name} has been closed"))
        while self._idle:
            self._begin_closing(self._idle.pop(), self._show)
        self._show()
        await self._closings.wait()

    async def _take_place(self) -> None:
        """Count one more loan, waiting in line for it where all are taken."""
        if self._is_closed:
            raise PoolExhausted(f"pool {self.name} has been closed")
        if self._taken < self._limits.max_size:
            self._taken += 1
            return
        if len(self._line) >= self._limits.max_waiting:
            self._refused += 1
            self._show()
            raise PoolExhausted(
                f"pool {self.name}: all {self._limits.max_size} connections are in use and "
                f"{len(self._line)} callers wait already"
            )
        await self._wait_in_line()

    async def _wait_in_line(self) -> None:
        self._waits += 1
        if self._hooks is not None:
            self._hooks.pool_waited(self.name)
        deadline_s = self._limits.acquire_deadline_s
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(place)
        self._show()

        def expire() -> None:
            if not place.done():
                place.set_exception(Timeout(f"pool {self.name}: no connection came free within {deadline_s:g} s"))

        timer = self._clock.call_later(deadline_s, expire)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self._give_place()  # the place was handed over in the very moment the caller went away
            raise
        finally:
            timer.cancel()
            if place in self._line:
                self._line.remove(place)

    def _give_place(self) -> None:
        """Hand the place to the first in line, or count one loan less."""
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._taken -= 1

    def _begin_closing(self, connection: T, then: Callable[[], None]) -> None:
        """Close in a task of its own, which no caller's cancellation cuts short; errors of closing are dropped."""

        async def close() -> None:
            await self._close_one(connection)

        async def end() -> None:
            try:
                await settle_all([lambda: race(self._clock, [close], self._limits.close_deadline_s)], 1)
            finally:
                then()
                self._show()

        self._closed += 1
        self._closings.start(f"close {self.name} {self._closed}", end)

    async def _idle_or_new(self) -> T:
        if self._is_closed:
            raise PoolExhausted(f"pool {self.name} has been closed")
        while self._idle:
            connection = self._idle.pop()
            if self._is_usable(connection):
                self._reused += 1
                return connection
            # It says itself that it is dead, so it does not count as open while it is put away.
            self._begin_closing(connection, self._show)
        connection = await self._open_one()
        self._opened += 1
        return connection

    def _show(self) -> None:
        if self._hooks is not None:
            self._hooks.pool_changed(self.snapshot())
