import asyncio
from random import Random
from typing import Any

import pytest

from arbedge.errors import Conflict, Timeout
from arbedge.foundation.runtime.clock import ManualClock
from arbedge.foundation.runtime.supervision import (
    RestartPolicy,
    Supervisor,
    TaskState,
    race,
    run_all,
    settle_all,
)

pytestmark = pytest.mark.timeout(20)


class Notebook:
    """Log and hooks in one."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.restarted: list[str] = []
        self.failed: list[str] = []

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append(("error", event, fields))

    def task_restarted(self, task: str) -> None:
        self.restarted.append(task)

    def task_failed(self, task: str) -> None:
        self.failed.append(task)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def notes() -> Notebook:
    return Notebook()


@pytest.fixture
def supervisor(clock: ManualClock, notes: Notebook) -> Supervisor:
    return Supervisor(clock, notes, rng=Random(1), hooks=notes)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


class Flaky:
    """Fails as often as told, then runs until cancelled."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.starts = 0

    async def __call__(self) -> None:
        self.starts += 1
        if self.starts <= self.failures:
            raise OSError(f"fault {self.starts}")
        await forever()


async def test_a_task_that_ends_is_finished_and_forgotten(supervisor: Supervisor) -> None:
    ran = []

    async def once() -> None:
        ran.append(1)

    task = supervisor.start("once", once, RestartPolicy())
    assert await task.wait() is TaskState.FINISHED
    assert ran == [1]
    assert supervisor.tasks == ()
    assert supervisor.failures == ()


async def test_a_failed_task_is_logged_with_an_error_id_and_stays_down_without_a_policy(
    supervisor: Supervisor, notes: Notebook
) -> None:
    task = supervisor.start("one", Flaky(1))
    assert await task.wait() is TaskState.FAILED
    (failure,) = supervisor.failures
    assert failure.is_final
    assert isinstance(failure.error, OSError)
    ((level, _, fields),) = notes.lines
    assert level == "error"
    assert fields["error_id"] == failure.error_id
    assert fields["exc_info"] is failure.error
    assert notes.failed == ["one"]


async def test_a_failed_task_is_restarted_after_a_growing_pause(
    supervisor: Supervisor, clock: ManualClock, notes: Notebook
) -> None:
    job = Flaky(3)
    task = supervisor.start("flaky", job, RestartPolicy(first_delay_s=1, max_delay_s=3))
    await settle()
    assert (job.starts, task.state) == (1, TaskState.RESTARTING)
    await clock.advance(0.49)
    assert job.starts == 1
    await clock.advance(0.52)
    assert job.starts == 2
    await clock.advance(2.01)
    assert job.starts == 3
    await clock.advance(3.01)
    assert (job.starts, task.state, task.restarts) == (4, TaskState.RUNNING, 3)
    assert notes.restarted == ["flaky"] * 3
    assert len({failure.error_id for failure in supervisor.failures}) == 3
    assert not any(failure.is_final for failure in supervisor.failures)
    await supervisor.stop(1)


async def test_a_task_that_keeps_failing_within_the_window_is_given_up(
    supervisor: Supervisor, clock: ManualClock, notes: Notebook
) -> None:
    job = Flaky(100)
    task = supervisor.start("hopeless", job, RestartPolicy(first_delay_s=0.1, max_restarts=3, window_s=60))
    await settle()
    await clock.advance(30)
    assert await task.wait() is TaskState.FAILED
    assert job.starts == 4
    assert [failure.is_final for failure in supervisor.failures] == [False, False, False, True]
    assert notes.failed == ["hopeless"]


async def test_old_restarts_leave_the_window(supervisor: Supervisor, clock: ManualClock) -> None:
    starts = 0

    async def dies_every_hour() -> None:
        nonlocal starts
        starts += 1
        await clock.sleep(3600)
        raise OSError

    task = supervisor.start("hourly", dies_every_hour, RestartPolicy(first_delay_s=1, max_restarts=1, window_s=60))
    await settle()
    for _ in range(5):
        await clock.advance(3602)
    assert starts == 6
    assert task.is_active
    await supervisor.stop(1)


async def test_a_cancellation_from_inside_is_a_failure_not_a_silent_end(
    supervisor: Supervisor, clock: ManualClock
) -> None:
    starts = 0

    async def broken_library() -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            raise asyncio.CancelledError
        await forever()

    supervisor.start("lib", broken_library, RestartPolicy(first_delay_s=1))
    await settle()
    await clock.advance(2)
    assert starts == 2
    await supervisor.stop(1)


async def test_names_are_unique_while_active(supervisor: Supervisor) -> None:
    task = supervisor.start("x", forever)
    with pytest.raises(Conflict, match="'x' is active"):
        supervisor.start("x", forever)
    task.cancel()
    assert await task.wait() is TaskState.STOPPED
    supervisor.start("x", forever)
    await supervisor.stop(1)


async def test_stop_ends_the_last_started_first_and_each_before_the_next_is_asked(supervisor: Supervisor) -> None:
    ended = []

    def job(name: str) -> Any:
        async def run() -> None:
            try:
                await forever()
            finally:
                ended.append(f"{name} asked")
                await asyncio.sleep(0)
                ended.append(f"{name} ended")

        return run

    for name in "abc":
        supervisor.start(name, job(name))
    await settle()
    assert await supervisor.stop(5) == ()
    assert ended == ["c asked", "c ended", "b asked", "b ended", "a asked", "a ended"]
    with pytest.raises(Conflict, match="stopped"):
        supervisor.start("d", forever)


async def test_a_stuck_task_gets_its_share_and_the_others_still_stop(
    supervisor: Supervisor, clock: ManualClock, notes: Notebook
) -> None:
    release = asyncio.Event()

    async def stuck() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    good = supervisor.start("good", forever)
    supervisor.start("stuck", stuck)
    await settle()
    stopping = asyncio.create_task(supervisor.stop(4))
    await settle()
    await clock.advance(1.9)
    assert good.is_active
    await clock.advance(0.2)
    assert good.state is TaskState.STOPPED
    assert not stopping.done()
    await clock.advance(2)
    assert await stopping == ("stuck",)
    assert notes.lines[-1][1] == "tasks did not stop in time"
    release.set()
    await settle()


async def test_stop_during_a_restart_pause_does_not_start_it_again(
    supervisor: Supervisor, clock: ManualClock
) -> None:
    job = Flaky(100)
    task = supervisor.start("flaky", job, RestartPolicy(first_delay_s=10))
    await settle()
    assert await supervisor.stop(1) == ()
    await clock.advance(100)
    assert (job.starts, task.state) == (1, TaskState.STOPPED)


async def test_a_task_may_stop_its_own_supervisor(supervisor: Supervisor) -> None:
    stopped = asyncio.Event()

    async def main() -> None:
        assert await supervisor.stop(1) == ()
        stopped.set()

    other = supervisor.start("other", forever)
    supervisor.start("main", main)
    await asyncio.wait_for(stopped.wait(), 5)
    assert other.state is TaskState.STOPPED
    await supervisor.wait()


def test_restart_policies_refuse_nonsense() -> None:
    for bad in ({"first_delay_s": 0}, {"max_delay_s": 0.1}, {"window_s": 0}, {"max_restarts": 0}):
        with pytest.raises(ValueError, match="restart"):
            RestartPolicy(**bad)
    rng = Random(3)
    forever_policy = RestartPolicy(first_delay_s=1, max_delay_s=8, max_restarts=None)
    assert all(4 <= (forever_policy.delay_s(5000, rng) or 0) <= 8 for _ in range(50))


async def test_run_all_keeps_order_and_the_limit() -> None:
    running = most = 0

    def job(number: int) -> Any:
        async def run() -> int:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001 * (5 - number % 5))
            running -= 1
            return number

        return run

    assert await run_all([job(number) for number in range(20)], limit=4) == list(range(20))
    assert most == 4
    assert await run_all([], limit=4) == []
    with pytest.raises(ValueError, match="limit"):
        await run_all([job(1)], limit=0)


async def test_run_all_raises_the_first_error_and_cancels_the_rest() -> None:
    cancelled = []

    async def slow() -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            cancelled.append("slow")
            raise

    async def bad() -> None:
        await asyncio.sleep(0)
        raise OSError("bad")

    with pytest.raises(OSError, match="bad"):
        await run_all([slow, bad, slow], limit=3)
    assert cancelled == ["slow", "slow"]


async def test_cancelling_run_all_cancels_its_work() -> None:
    cancelled = []

    async def slow() -> None:
        try:
            await forever()
        finally:
            cancelled.append("slow")

    task = asyncio.create_task(run_all([slow, slow], limit=2))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled == ["slow", "slow"]


async def test_settle_all_puts_errors_among_the_results() -> None:
    async def good() -> int:
        return 1

    async def bad() -> int:
        raise OSError("bad")

    first, second, third = await settle_all([good, bad, good], limit=1)
    assert (first, third) == (1, 1)
    assert isinstance(second, OSError)


async def test_race_gives_the_first_and_ends_the_others(clock: ManualClock) -> None:
    ended = []

    async def slow() -> str:
        try:
            await clock.sleep(5)
        finally:
            ended.append("slow")
        return "slow"

    async def fast() -> str:
        await clock.sleep(1)
        return "fast"

    running = asyncio.create_task(race(clock, [slow, fast], 10))
    await settle()
    await clock.advance(1)
    assert await running == "fast"
    assert ended == ["slow"]


async def test_race_ends_at_its_deadline(clock: ManualClock) -> None:
    running = asyncio.create_task(race(clock, [forever, forever], 3))
    await settle()
    await clock.advance(2.9)
    assert not running.done()
    await clock.advance(0.2)
    with pytest.raises(Timeout, match="none of 2"):
        await running
