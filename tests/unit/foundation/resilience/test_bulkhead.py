import asyncio

import pytest

from arbedge.errors import Timeout
from arbedge.foundation.resilience.bulkhead import Bulkhead, BulkheadFull
from arbedge.foundation.resilience.config import BulkheadPolicy
from arbedge.foundation.runtime.clock import ManualClock

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def door(clock: ManualClock, concurrent: int = 2, waiting: int = 3) -> Bulkhead:
    return Bulkhead("venue", BulkheadPolicy(max_concurrent=concurrent, max_waiting=waiting), clock)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_only_so_many_are_inside_and_the_rest_come_in_order(clock: ManualClock) -> None:
    bulkhead = door(clock)
    entered: list[int] = []

    async def visitor(number: int) -> None:
        await bulkhead.enter(60)
        entered.append(number)

    visitors = [asyncio.create_task(visitor(number)) for number in range(5)]
    await settle()
    assert (entered, bulkhead.in_flight, bulkhead.waiting) == ([0, 1], 2, 3)
    bulkhead.leave()
    await settle()
    assert (entered, bulkhead.in_flight) == ([0, 1, 2], 2)
    bulkhead.leave()
    bulkhead.leave()
    await asyncio.wait(visitors)
    assert entered == [0, 1, 2, 3, 4]
    bulkhead.leave()
    bulkhead.leave()
    assert (bulkhead.in_flight, bulkhead.waiting) == (0, 0)


async def test_too_many_waiting_is_refused_at_once(clock: ManualClock) -> None:
    bulkhead = door(clock, 1, 0)
    assert bulkhead.try_enter()
    with pytest.raises(BulkheadFull, match="1 calls under way"):
        await bulkhead.enter(60)


async def test_waiting_ends_at_its_deadline_and_takes_no_place(clock: ManualClock) -> None:
    bulkhead = door(clock, 1)
    await bulkhead.enter(1)
    late = asyncio.create_task(bulkhead.enter(2))
    await settle()
    await clock.advance(2.1)
    with pytest.raises(Timeout, match="no turn within 2 s"):
        await late
    assert bulkhead.waiting == 0
    bulkhead.leave()
    assert bulkhead.in_flight == 0


async def test_a_place_promised_to_a_cancelled_waiter_goes_to_the_next(clock: ManualClock) -> None:
    bulkhead = door(clock, 1)
    await bulkhead.enter(1)
    first = asyncio.create_task(bulkhead.enter(60))
    second = asyncio.create_task(bulkhead.enter(60))
    await settle()
    bulkhead.leave()
    first.cancel()
    await asyncio.wait_for(second, 5)
    assert first.cancelled()
    bulkhead.leave()
    assert (bulkhead.in_flight, bulkhead.waiting) == (0, 0)


async def test_a_cancelled_waiter_leaves_the_line(clock: ManualClock) -> None:
    bulkhead = door(clock, 1)
    await bulkhead.enter(1)
    waiter = asyncio.create_task(bulkhead.enter(60))
    await settle()
    waiter.cancel()
    await asyncio.wait({waiter})
    assert bulkhead.waiting == 0
    bulkhead.leave()
    assert bulkhead.try_enter()
