"""The bounded pool: never more than its size, fair, deadline kept, nothing lost when callers go away."""

import asyncio
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arbedge.errors import Disconnected, Timeout
from arbedge.foundation.container.gauges import MetricLifeHooks, MetricPoolHooks
from arbedge.foundation.container.pools import BoundedPool, PoolExhausted, PoolLimits
from arbedge.foundation.container.states import LifeState
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.telemetry.metrics import Metrics


class Connection:
    numbers = count()

    def __init__(self) -> None:
        self.number = next(self.numbers)
        self.is_open = True


class Backend:
    def __init__(self) -> None:
        self.opened: list[Connection] = []
        self.open_error: Exception | None = None

    async def open_one(self) -> Connection:
        await asyncio.sleep(0)
        if self.open_error is not None:
            raise self.open_error
        self.opened.append(Connection())
        return self.opened[-1]

    async def close_one(self, connection: Connection) -> None:
        await asyncio.sleep(0)
        connection.is_open = False

    @property
    def open_now(self) -> int:
        return sum(connection.is_open for connection in self.opened)


def pool(backend: Backend, size: int = 2, clock: ManualClock | None = None, **kwargs) -> BoundedPool[Connection]:
    return BoundedPool(
        "db",
        PoolLimits(size, max_waiting=3, acquire_deadline_s=5),
        clock or ManualClock(),
        open_one=backend.open_one,
        close_one=backend.close_one,
        is_usable=lambda connection: connection.is_open,
        **kwargs,
    )


async def settle() -> None:
    for _ in range(40):
        await asyncio.sleep(0)


async def test_lends_again_what_came_back():
    backend = Backend()
    lending = pool(backend)
    async with lending.lease() as first:
        assert lending.snapshot().in_use == 1
    async with lending.lease() as second:
        assert second is first
    seen = lending.snapshot()
    assert (seen.in_use, seen.idle, seen.opened, seen.reused, seen.reuse_ratio) == (0, 1, 1, 1, 0.5)
    assert pool(backend).snapshot().reuse_ratio == 0


async def test_waits_in_line_first_come_first_served():
    lending = pool(Backend(), size=1)
    held = await lending.acquire()
    order = []

    async def borrow(name: str) -> None:
        async with lending.lease():
            order.append(name)

    tasks = [asyncio.create_task(borrow(name)) for name in "abc"]
    await settle()
    assert lending.snapshot().waiting == 3
    with pytest.raises(PoolExhausted, match="3 callers wait already"):
        await lending.acquire()
    lending.release(held)
    await asyncio.gather(*tasks)
    assert order == ["a", "b", "c"]
    seen = lending.snapshot()
    assert (seen.waits, seen.refused, seen.opened, seen.waiting) == (3, 1, 1, 0)


async def test_wait_has_a_deadline():
    clock = ManualClock()
    lending = pool(Backend(), size=1, clock=clock)
    held = await lending.acquire()
    waiter = asyncio.create_task(lending.acquire())
    await settle()
    await clock.advance(5)
    with pytest.raises(Timeout, match="within 5 s"):
        await waiter
    lending.release(held)
    assert lending.snapshot().in_use == 0
    assert await lending.acquire() is held


async def test_caller_that_goes_away_gives_its_place_on():
    lending = pool(Backend(), size=1)
    held = await lending.acquire()
    first = asyncio.create_task(lending.acquire())
    second = asyncio.create_task(lending.acquire())
    await settle()
    lending.release(held)  # hands the place to the first
    first.cancel()  # which goes away before it could use it
    assert await second is held
    with pytest.raises(asyncio.CancelledError):
        await first
    lending.release(held)
    assert lending.snapshot().in_use == 0


async def test_failed_opening_gives_the_place_back():
    backend = Backend()
    lending = pool(backend, size=1)
    backend.open_error = Disconnected("refused")
    with pytest.raises(Disconnected):
        await lending.acquire()
    backend.open_error = None
    await lending.acquire()
    assert lending.snapshot().in_use == 1


async def test_broken_and_dead_connections_are_replaced():
    backend = Backend()
    lending = pool(backend, size=1)
    with pytest.raises(RuntimeError):
        async with lending.lease() as broken:
            raise RuntimeError
    await settle()
    assert not broken.is_open
    async with lending.lease() as dead:
        assert dead is not broken
    dead.is_open = False
    async with lending.lease() as fresh:
        assert fresh.is_open
        assert fresh is not dead
    assert len(backend.opened) == 3


async def test_what_was_not_lent_cannot_come_back():
    lending = pool(Backend())
    connection = await lending.acquire()
    lending.release(connection)
    with pytest.raises(ValueError, match="did not lend"):
        lending.release(connection)


async def test_close_ends_idle_now_and_lent_on_return():
    backend = Backend()
    lending = pool(backend, size=2)
    idle, lent = await lending.acquire(), await lending.acquire()
    lending.release(idle)
    other = await lending.acquire()
    waiter = asyncio.create_task(lending.acquire())
    await settle()
    lending.release(other)
    await waiter
    waiting = asyncio.create_task(lending.acquire())
    await settle()
    await lending.close()
    with pytest.raises(PoolExhausted, match="closed"):
        await waiting
    with pytest.raises(PoolExhausted, match="closed"):
        await lending.acquire()
    lending.release(lent)
    lending.release(waiter.result())
    await settle()
    assert backend.open_now == 0
    assert lending.snapshot().in_use == 0


async def test_closing_that_hangs_gives_its_place_back_in_the_end():
    clock, backend = ManualClock(), Backend()

    async def hang(connection: Connection) -> None:
        await asyncio.Event().wait()

    lending = BoundedPool("db", PoolLimits(1), clock, open_one=backend.open_one, close_one=hang)
    lending.release(await lending.acquire(), is_broken=True)
    assert lending.snapshot().in_use == 1
    await settle()
    await clock.advance(5)
    await settle()
    assert lending.snapshot().in_use == 0
    await lending.acquire()


@pytest.mark.parametrize("limits", [(0, 1, 1), (1, -1, 1), (1, 1, 0)])
def test_limits_are_checked(limits):
    with pytest.raises(ValueError, match="a pool needs"):
        PoolLimits(*limits)


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=12))
def test_never_more_than_its_size(size, callers):
    async def run() -> None:
        backend = Backend()
        lending = BoundedPool(
            "db",
            PoolLimits(size, max_waiting=100, acquire_deadline_s=5),
            ManualClock(),
            open_one=backend.open_one,
            close_one=backend.close_one,
        )
        most = 0

        async def borrow(turns: int, is_broken: bool) -> None:
            nonlocal most
            async with lending.lease():
                most = max(most, lending.snapshot().in_use, backend.open_now)
                for _ in range(turns):
                    await asyncio.sleep(0)
                if is_broken:
                    raise Disconnected("cut")

        tasks = []
        for turns, is_broken, is_cancelled in callers:
            tasks.append(asyncio.create_task(borrow(turns, is_broken)))
            await asyncio.sleep(0)
            if is_cancelled:
                tasks[-1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await settle()
        assert lending.snapshot().in_use == 0
        assert lending.snapshot().waiting == 0
        assert most <= size
        assert backend.open_now == lending.snapshot().idle

    asyncio.run(run())


async def test_gauges_reach_the_metrics():
    metrics = Metrics()
    lending = pool(Backend(), size=1, hooks=MetricPoolHooks(metrics))
    held = await lending.acquire()
    waiter = asyncio.create_task(lending.acquire())
    await settle()
    assert metrics.value("arbedge_pool_in_use", pool="db") == 1
    assert metrics.value("arbedge_pool_waiting", pool="db") == 1
    assert metrics.value("arbedge_pool_waits_total", pool="db") == 1
    lending.release(held)
    lending.release(await waiter)
    assert metrics.value("arbedge_pool_idle", pool="db") == 1
    assert metrics.value("arbedge_pool_max", pool="db") == 1

    services = MetricLifeHooks(metrics)
    services.service_changed("a", None, LifeState.STOPPED)
    services.service_changed("a", LifeState.STOPPED, LifeState.HEALTHY)
    assert metrics.value("arbedge_services", state="healthy") == 1
    assert metrics.value("arbedge_services", state="stopped") == 0
