"""The sole creator of tasks: supervised background tasks, and bounded parallel work inside one call.

A supervised task never dies unseen: its error is logged with an error id, it is restarted by its policy, and when
the policy gives up it is listed among the supervisor's failures.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from random import Random
from typing import Any, TypeVar

from arbedge.errors import Conflict, Timeout
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.patience import Countdown
from arbedge.foundation.runtime.tasks import ErrorLog, RestartPolicy, StandardLog, TaskFailure, TaskHooks, TaskState

__all__ = [
    "ErrorLog",
    "RestartPolicy",
    "StandardLog",
    "SupervisedTask",
    "Supervisor",
    "TaskFailure",
    "TaskHooks",
    "TaskState",
    "race",
    "run_all",
    "settle_all",
]

T = TypeVar("T")
_KEPT_FAILURES = 100
_LIVE = frozenset({TaskState.RUNNING, TaskState.RESTARTING})


class SupervisedTask:
    """One named task as its supervisor sees it; read it freely, end it with `cancel`."""

    def __init__(
        self, name: str, factory: Callable[[], Awaitable[None]], restart: RestartPolicy | None, started: int
    ) -> None:
        self.name = name
        self.factory = factory
        self.restart = restart
        self.phase = TaskState.RUNNING
        self.restarts = 0
        self.started = started
        self.recent_ns: deque[int] = deque()
        self.task: asyncio.Task[None] | None = None

    @property
    def state(self) -> TaskState:
        """Where it stands."""
        if self.phase in _LIVE and self.task is not None and self.task.done():
            return TaskState.STOPPED  # cancelled, perhaps before its first step
        return self.phase

    @property
    def is_active(self) -> bool:
        """Whether it runs or will run again."""
        return self.state in _LIVE

    def cancel(self) -> None:
        """Ask it to end; `wait` tells when it has."""
        if self.task is not None:
            self.task.cancel()

    async def wait(self) -> TaskState:
        """Wait until it has ended in any way; never raises the task's own error."""
        if self.task is not None:
            await asyncio.wait({self.task})
        return self.state


class Supervisor:
    """Starts, restarts and stops background tasks. All calls on the event loop's thread."""

    def __init__(
        self,
        clock: Clock,
        logger: ErrorLog | None = None,
        *,
        rng: Random | None = None,
        hooks: TaskHooks | None = None,
    ) -> None:
        self._clock = clock
        self._log: ErrorLog = logger or StandardLog()
        self._rng = rng or Random(0)  # noqa: S311 - jitter, not a secret
        self._hooks = hooks
        self._active: dict[str, SupervisedTask] = {}
        self._failures: deque[TaskFailure] = deque(maxlen=_KEPT_FAILURES)
        self._started = 0
        self._errors = 0
        self._is_stopped = False

    @property
    def failures(self) -> tuple[TaskFailure, ...]:
        """The latest errors of tasks, oldest first (at most 100)."""
        return tuple(self._failures)

    @property
    def tasks(self) -> tuple[SupervisedTask, ...]:
        """Tasks that run or wait for their restart, in the order they were started."""
        return tuple(self._active.values())

    def start(
        self, name: str, factory: Callable[[], Awaitable[None]], restart: RestartPolicy | None = None
    ) -> SupervisedTask:
        """Run `factory()` in the background, again after a failure where `restart` says so.

        Raises `Conflict` when a task of that name is active or the supervisor has been stopped.
        """
        if self._is_stopped:
            raise Conflict(f"cannot start task {name!r}: its supervisor has been stopped")
        if name in self._active:
            raise Conflict(f"a task named {name!r} is active already; stop it first or choose another name")
        self._started += 1
        supervised = SupervisedTask(name, factory, restart, self._started)
        self._active[name] = supervised
        supervised.task = asyncio.create_task(self._run(supervised), name=name)
        supervised.task.add_done_callback(lambda _: self._forget(supervised))
        return supervised

    async def wait(self) -> None:
        """Wait until no task is active; tasks that restart for ever make this wait for ever."""
        while self._active:
            await asyncio.wait([each.task for each in self._active.values() if each.task is not None])

    async def stop(self, deadline_s: float) -> tuple[str, ...]:
        """Cancel every task, last started first, each ended before the one before it is asked.

        A task that will not end gets its share of what is left of the deadline, then the next is asked. Returns the
        names of tasks still running at the end; no task can be started afterwards.
        """
        self._is_stopped = True
        left_s = deadline_s
        current = asyncio.current_task()
        waiting = [each for each in reversed(self._active.values()) if each.task is not current]
        stuck = []
        for index, each in enumerate(waiting):
            assert each.task is not None
            each.cancel()
            share_s, asked_ns = left_s / (len(waiting) - index), self._clock.monotonic_ns()
            if not await _ended_within(self._clock, {each.task}, share_s):
                stuck.append(each)
            # Never more than its share: a machine that stood still takes nothing from the others.
            left_s -= min(share_s, (self._clock.monotonic_ns() - asked_ns) / 1e9)
        running = {each.task for each in stuck if each.task is not None and not each.task.done()}
        if running and left_s > 0:
            await _ended_within(self._clock, running, left_s)
        names = tuple(each.name for each in stuck if each.task is not None and not each.task.done())
        if names:
            self._log.error("tasks did not stop in time", tasks=names, deadline_s=deadline_s)
        return names

    def _forget(self, supervised: SupervisedTask) -> None:
        self._active.pop(supervised.name, None)

    async def _run(self, supervised: SupervisedTask) -> None:
        while True:
            error = await _outcome(supervised.factory)
            if error is None:
                supervised.phase = TaskState.FINISHED
                return
            delay_s = self._next_delay_s(supervised)
            self._report(supervised, error, delay_s)
            if delay_s is None:
                supervised.phase = TaskState.FAILED
                return
            supervised.phase = TaskState.RESTARTING
            await self._clock.sleep(delay_s)
            supervised.restarts += 1
            supervised.phase = TaskState.RUNNING

    def _next_delay_s(self, supervised: SupervisedTask) -> float | None:
        policy = supervised.restart
        if policy is None or self._is_stopped:
            return None
        now_ns = self._clock.monotonic_ns()
        recent = supervised.recent_ns
        while recent and now_ns - recent[0] > policy.window_s * 1e9:
            recent.popleft()
        delay_s = policy.delay_s(len(recent), self._rng)
        recent.append(now_ns)
        return delay_s

    def _report(self, supervised: SupervisedTask, error: BaseException, delay_s: float | None) -> None:
        self._errors += 1
        at = self._clock.now()
        error_id = f"{int(at.timestamp() * 1000):x}-{self._errors}"
        is_final = delay_s is None
        self._failures.append(TaskFailure(supervised.name, error_id, error, at, is_final))
        fields = {"task": supervised.name, "error_id": error_id, "exc_info": error}
        if is_final:
            self._log.error("task failed", restarts=supervised.restarts, **fields)
        else:
            self._log.warning("task failed, will restart", restart_in_s=delay_s, **fields)
        if self._hooks is not None:
            (self._hooks.task_failed if is_final else self._hooks.task_restarted)(supervised.name)


async def _outcome(factory: Callable[[], Awaitable[None]]) -> BaseException | None:
    """Run once; the error it ended with, or None. Only a cancellation asked of this very task passes through."""
    try:
        await factory()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return error  # something inside cancelled itself: to the task that is a failure like any other
    except Exception as error:  # noqa: BLE001 - the one place that must survive any fault of a task
        return error
    return None


async def _ended_within(clock: Clock, tasks: set[asyncio.Task[Any]], seconds: float) -> bool:
    """Whether all of them ended in that time."""
    expired: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = Countdown(clock, seconds, lambda: None if expired.done() else expired.set_result(None))
    pending: set[asyncio.Future[Any]] = {*tasks}
    try:
        while pending and not expired.done():
            _, unfinished = await asyncio.wait({*pending, expired}, return_when=asyncio.FIRST_COMPLETED)
            pending = unfinished - {expired}
    finally:
        timer.cancel()
        expired.cancel()
    return not pending


async def run_all(factories: Iterable[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
    """Run them at most `limit` at a time; results in the order given.

    The first error cancels the rest, waits for their end, and is raised as it is. Cancelling the caller cancels
    all of them.
    """
    jobs = list(factories)
    results: list[Any] = [None] * len(jobs)
    queue = iter(enumerate(jobs))

    async def work() -> None:
        for index, job in queue:
            results[index] = await job()

    await _run_workers([work() for _ in range(_workers(limit, len(jobs)))])
    return results


async def settle_all(factories: Iterable[Callable[[], Awaitable[T]]], limit: int) -> list[T | Exception]:
    """Like `run_all`, but an error takes its place among the results and the others go on."""
    jobs = list(factories)
    results: list[Any] = [None] * len(jobs)
    queue = iter(enumerate(jobs))

    async def work() -> None:
        for index, job in queue:
            try:
                results[index] = await job()
            except Exception as error:  # noqa: BLE001 - handed to the caller as a value
                results[index] = error

    await _run_workers([work() for _ in range(_workers(limit, len(jobs)))])
    return results


async def race(clock: Clock, factories: Sequence[Callable[[], Awaitable[T]]], deadline_s: float) -> T:
    """Run all of them; the first to end decides (its value or its error), the others are cancelled and awaited.

    Raises `Timeout` when none has ended after `deadline_s`.
    """
    tasks = [asyncio.create_task(_awaited(each)) for each in factories]
    expired: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = Countdown(clock, deadline_s, lambda: None if expired.done() else expired.set_result(None))
    try:
        waiting: set[asyncio.Future[Any]] = {*tasks, expired}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                return task.result()
        raise Timeout(f"none of {len(tasks)} operations ended within {deadline_s:g} s")
    finally:
        timer.cancel()
        expired.cancel()
        await _cancel_all(tasks)


def _workers(limit: int, jobs: int) -> int:
    if limit < 1:
        raise ValueError("limit is at least 1")
    return min(limit, jobs)


async def _awaited(factory: Callable[[], Awaitable[T]]) -> T:
    return await factory()


async def _run_workers(workers: Sequence[Coroutine[Any, Any, None]]) -> None:
    if not workers:
        return
    tasks = [asyncio.create_task(worker) for worker in workers]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        await _cancel_all(tasks)


async def _cancel_all(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel what still runs and wait for its end; errors of the losers are consumed, the winner has been read."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
