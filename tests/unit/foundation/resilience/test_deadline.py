import asyncio
from collections.abc import Callable

import pytest

from arbedge.errors import Timeout
from arbedge.foundation.resilience.deadline import Deadline, within
from arbedge.foundation.runtime.clock import ManualClock, SystemClock, Timer

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def test_an_answer_in_time_is_the_answer_and_leaves_no_timer(clock: ManualClock) -> None:
    async def answer() -> int:
        return 7

    assert await within(clock, 1, answer, "it") == 7
    await clock.advance(5)
    await asyncio.sleep(0)


async def test_a_late_answer_is_a_timeout_that_names_what_was_asked(clock: ManualClock) -> None:
    ended = []

    async def slow() -> None:
        try:
            await forever()
        finally:
            ended.append(1)

    task = asyncio.create_task(within(clock, 2, slow, "binance"))
    await settle()
    await clock.advance(1.9)
    assert not task.done()
    await clock.advance(0.2)
    with pytest.raises(Timeout, match="binance: no answer within 2 s"):
        await task
    assert ended == [1]
    assert task.cancelling() == 0


async def test_without_time_left_nothing_is_started(clock: ManualClock) -> None:
    started = []

    async def operation() -> None:
        started.append(1)

    with pytest.raises(Timeout, match="no time left"):
        await within(clock, 0, operation, "it")
    assert started == []


async def test_a_cancellation_from_outside_passes_through(clock: ManualClock) -> None:
    task = asyncio.create_task(within(clock, 2, forever, "it"))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


class MeddlingClock(ManualClock):
    """Cancels a task in the very moment a timer of its deadline fires, before the task has run again."""

    victim: asyncio.Task[None] | None = None

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        def both() -> None:
            callback()
            if self.victim is not None:
                self.victim.cancel()

        return super().call_later(seconds, both)


async def test_a_cancellation_in_the_moment_of_the_deadline_wins() -> None:
    clock = MeddlingClock()
    clock.victim = task = asyncio.create_task(within(clock, 2, forever, "it"))
    await settle()
    await clock.advance(2)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_answer_in_spite_of_the_deadline_is_kept_and_the_task_is_not_marked(clock: ManualClock) -> None:
    async def stubborn() -> int:
        try:
            await forever()
        except asyncio.CancelledError:
            return 5
        raise AssertionError

    async def caller() -> tuple[int, int]:
        value = await within(clock, 2, stubborn, "it")
        task = asyncio.current_task()
        assert task is not None
        await asyncio.sleep(0)
        return value, task.cancelling()

    task = asyncio.create_task(caller())
    await settle()
    await clock.advance(3)
    assert await task == (5, 0)


async def test_nested_deadlines_keep_apart(clock: ManualClock) -> None:
    async def inner() -> str:
        with pytest.raises(Timeout, match="inner"):
            await within(clock, 1, forever, "inner")
        await clock.sleep(0.5)
        return "after"

    task = asyncio.create_task(within(clock, 5, inner, "outer"))
    await settle()
    await clock.advance(1)
    await clock.advance(1)
    assert await task == "after"


async def test_the_outer_deadline_is_not_swallowed_by_the_inner(clock: ManualClock) -> None:
    async def inner() -> None:
        await within(clock, 50, forever, "inner")

    task = asyncio.create_task(within(clock, 1, inner, "outer"))
    await settle()
    await clock.advance(2)
    with pytest.raises(Timeout, match="outer"):
        await task


async def test_it_works_inside_asyncio_timeout_and_the_other_way_round() -> None:
    clock = SystemClock()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await within(clock, 10, forever, "it")
    with pytest.raises(Timeout):
        async with asyncio.timeout(10):
            await within(clock, 0.01, forever, "it")


async def test_a_deadline_is_shared_by_several_steps(clock: ManualClock) -> None:
    deadline = Deadline(clock, 3)
    await deadline.run(lambda: asyncio.sleep(0), "first")
    await clock.advance(2)
    assert deadline.left_s == 1
    task = asyncio.create_task(deadline.run(forever, "second"))
    await settle()
    await clock.advance(1.1)
    with pytest.raises(Timeout, match="second"):
        await task
    assert deadline.left_s == 0
