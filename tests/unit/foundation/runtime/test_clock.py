import asyncio
from datetime import UTC

import pytest

from arbedge.foundation.runtime.clock import ManualClock, SystemClock


async def test_sleepers_and_timers_run_at_their_own_moment_in_order() -> None:
    clock = ManualClock()
    start_ns = clock.monotonic_ns()
    seen: list[tuple[str, int]] = []

    def note(name: str) -> None:
        seen.append((name, clock.monotonic_ns() - start_ns))

    async def sleeper() -> None:
        await clock.sleep(2)
        note("slept")
        await clock.sleep(2)
        note("slept again")

    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0)
    clock.call_later(3, lambda: note("called"))
    clock.call_later(1, lambda: note("cancelled")).cancel()
    await clock.advance(10)
    await task
    assert seen == [("slept", 2_000_000_000), ("called", 3_000_000_000), ("slept again", 4_000_000_000)]
    assert clock.monotonic_ns() - start_ns == 10_000_000_000


async def test_a_cancelled_sleep_ends_and_leaves_no_timer_behind() -> None:
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await clock.advance(10)


def test_a_jump_of_the_wall_clock_does_not_move_ages() -> None:
    clock = ManualClock()
    before_at, before_ns = clock.now(), clock.monotonic_ns()
    clock.shift_wall(-3600)
    assert (clock.now() - before_at).total_seconds() == -3600
    assert clock.monotonic_ns() == before_ns


async def test_the_system_clock_is_aware_monotonic_and_keeps_timers() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    fired = asyncio.Event()
    first = clock.monotonic_ns()
    clock.call_later(0.001, fired.set)
    await asyncio.wait_for(fired.wait(), 5)
    await clock.sleep(-1)
    assert clock.monotonic_ns() > first
