import asyncio

import pytest

from arbedge.errors import Timeout
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.runtime.streams import BoundedStream, Overflow, StreamClosed, StreamFull


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def never(clock: ManualClock, capacity: int = 2) -> BoundedStream[int]:
    return BoundedStream("orders", clock, capacity=capacity, overflow=Overflow.NEVER_DROP)


async def test_newest_wins_by_key_and_keeps_its_place(clock: ManualClock) -> None:
    stream = BoundedStream[tuple[str, int]](
        "quotes", clock, capacity=10, overflow=Overflow.NEWEST_WINS, key=lambda item: item[0]
    )
    for item in [("a", 1), ("b", 1), ("a", 2), ("a", 3), ("c", 1)]:
        stream.offer(item)
    assert await stream.get_batch(10) == [("a", 3), ("b", 1), ("c", 1)]
    told = stream.snapshot()
    assert (told.offered, told.replaced, told.dropped, told.deepest) == (5, 2, 0, 3)


async def test_too_many_keys_drop_the_longest_waiting_one_and_say_so(clock: ManualClock) -> None:
    dropped: list[str] = []
    stream = BoundedStream[int](
        "quotes", clock, capacity=2, overflow=Overflow.NEWEST_WINS, key=lambda item: item, on_drop=dropped.append
    )
    for item in range(4):
        stream.offer(item)
    assert stream.drain() == [2, 3]
    assert (stream.dropped, dropped) == (2, ["quotes", "quotes"])


async def test_drop_oldest_counts_what_it_drops(clock: ManualClock) -> None:
    stream = BoundedStream[int]("chat", clock, capacity=3, overflow=Overflow.DROP_OLDEST)
    for item in range(5):
        stream.offer(item)
    assert (stream.depth, stream.dropped) == (3, 2)
    stream.close()
    assert [item async for item in stream] == [2, 3, 4]


async def test_never_drop_refuses_an_offer_and_lets_put_wait(clock: ManualClock) -> None:
    stream = never(clock)
    stream.offer(1)
    stream.offer(2)
    with pytest.raises(StreamFull):
        stream.offer(3)
    waiting = asyncio.create_task(stream.put(3, 5))
    await settle()
    assert not waiting.done()
    assert await stream.get() == 1
    await waiting
    assert stream.drain() == [2, 3]
    assert stream.dropped == 0


async def test_put_gives_up_at_its_deadline_and_nothing_was_taken(clock: ManualClock) -> None:
    stream = never(clock, 1)
    stream.offer(1)
    waiting = asyncio.create_task(stream.put(2, 5))
    await settle()
    await clock.advance(5.1)
    with pytest.raises(Timeout, match="no room"):
        await waiting
    assert stream.drain() == [1]


async def test_get_waits_until_its_deadline(clock: ManualClock) -> None:
    stream = never(clock)
    waiting = asyncio.create_task(stream.get(2))
    await settle()
    await clock.advance(2.1)
    with pytest.raises(Timeout, match="nothing came"):
        await waiting
    waiting = asyncio.create_task(stream.get(2))
    await settle()
    stream.offer(7)
    assert await waiting == 7


async def test_close_ends_readers_and_senders_after_what_waits_was_read(clock: ManualClock) -> None:
    stream = never(clock, 1)
    stream.offer(1)
    sender = asyncio.create_task(stream.put(2, 5))
    await settle()
    stream.close()
    stream.close()
    with pytest.raises(StreamClosed):
        await sender
    assert [item async for item in stream] == [1]
    with pytest.raises(StreamClosed):
        await stream.get()
    with pytest.raises(StreamClosed):
        stream.offer(3)
    assert stream.is_closed


async def test_every_item_is_read_once_by_many_readers(clock: ManualClock) -> None:
    stream = never(clock, 4)
    read: list[int] = []

    async def reader() -> None:
        async for item in stream:
            read.append(item)
            await asyncio.sleep(0)

    readers = [asyncio.create_task(reader()) for _ in range(3)]
    senders = [asyncio.create_task(stream.put(item, 60)) for item in range(50)]
    await asyncio.wait(senders)
    stream.close()
    await asyncio.wait(readers)
    assert sorted(read) == list(range(50))


async def test_a_reader_cancelled_as_it_is_woken_passes_the_wake_up_on(clock: ManualClock) -> None:
    stream = never(clock, 4)
    first = asyncio.create_task(stream.get())
    second = asyncio.create_task(stream.get())
    await settle()
    stream.offer(1)
    first.cancel()
    assert await asyncio.wait_for(second, 5) == 1
    assert first.cancelled()


async def test_a_sender_cancelled_as_it_is_woken_passes_the_room_on(clock: ManualClock) -> None:
    stream = never(clock, 1)
    stream.offer(0)
    first = asyncio.create_task(stream.put(1, 60))
    second = asyncio.create_task(stream.put(2, 60))
    await settle()
    assert await stream.get() == 0
    first.cancel()
    await asyncio.wait_for(second, 5)
    assert stream.drain() == [2]


async def test_wrong_set_ups_are_refused(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="at least one"):
        never(clock, 0)
    with pytest.raises(ValueError, match="key"):
        BoundedStream("x", clock, capacity=1, overflow=Overflow.NEWEST_WINS)
    with pytest.raises(ValueError, match="key"):
        BoundedStream("x", clock, capacity=1, overflow=Overflow.DROP_OLDEST, key=id)
