"""One service in its life: made, started, warmed, pinged, started anew when it failed, stopped."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from random import Random
from typing import Any

from arbedge.errors import Timeout, Unavailable
from arbedge.foundation.container.config import ContainerConfig
from arbedge.foundation.container.registry import Registration
from arbedge.foundation.container.states import Health, LifeHooks, LifeState
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.supervision import Supervisor, race, settle_all
from arbedge.foundation.runtime.tasks import ErrorLog

__all__ = ["Unit", "UnitTools", "in_words"]


class UnitTools:
    """What every unit works with; `tasks` is the container's own supervisor."""

    def __init__(
        self,
        clock: Clock,
        config: ContainerConfig,
        tasks: Supervisor,
        log: ErrorLog,
        rng: Random,
        hooks: LifeHooks | None,
    ) -> None:
        self.clock = clock
        self.config = config
        self.tasks = tasks
        self.log = log
        self.rng = rng
        self.hooks = hooks

    async def attempt(
        self, name: str, operation: Callable[[], Awaitable[Any]], deadline_s: float, tasks: Supervisor | None = None
    ) -> Any:
        """What the operation answered, or the exception it ended with.

        One that does not end in time, even when cancelled, is left behind and answers `Timeout`.
        """
        answer: list[Any] = [Unavailable("was cancelled")]

        async def run() -> None:
            answer[:] = await settle_all([operation], 1)

        tasks = tasks or self.tasks
        if any(running.name == name for running in tasks.tasks):
            return Timeout("the one before has still not ended")
        task = tasks.start(name, run)
        try:
            await race(self.clock, [task.wait], deadline_s)
        except Timeout:
            task.cancel()
            return Timeout(f"did not end within {deadline_s:g} s")
        except asyncio.CancelledError:
            task.cancel()
            raise
        return answer[0]


def in_words(error: BaseException) -> str:
    """An error in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class Unit:
    """The life of one service. `make` asks the container for the instance, whose dependencies are there already."""

    def __init__(self, registration: Registration, tools: UnitTools, make: Callable[[], Awaitable[Any]]) -> None:
        self.name = registration.name
        self.lifecycle = registration.lifecycle
        self.traits = registration.traits
        self.settled = asyncio.Event()
        self.is_made = False
        self.is_begun = False
        self.start_problem = "was stopped while starting"
        self._instance: Any = None
        self._make = make
        self._tools = tools
        self._state = LifeState.STOPPED
        self._reason = "not started yet"
        self._since_at: datetime = tools.clock.now()
        self._pinged_at: datetime | None = None
        self._bad_pings = 0
        self._recoveries = 0
        self._recent_ns: deque[int] = deque()
        if tools.hooks is not None:
            tools.hooks.service_changed(self.name, None, self._state)

    @property
    def state(self) -> LifeState:
        """Where it stands."""
        return self._state

    @property
    def reason(self) -> str:
        """Why it is not healthy; empty when it is."""
        return self._reason

    def health(self) -> Health:
        """A snapshot."""
        return Health(
            name=self.name,
            state=self._state,
            reason=self._reason,
            since_at=self._since_at,
            recoveries=self._recoveries,
            pinged_at=self._pinged_at,
            is_required=self.traits.is_required,
        )

    def turn(self, state: LifeState, reason: str = "") -> None:
        """Take a state."""
        before, self._reason = self._state, reason
        if state is before:
            return
        self._state, self._since_at = state, self._tools.clock.now()
        if self._tools.hooks is not None:
            self._tools.hooks.service_changed(self.name, before, state)
        if state is LifeState.FAILED:
            self._tools.log.error("service failed", service=self.name, reason=reason)
        elif state is LifeState.DEGRADED:
            self._tools.log.warning("service degraded", service=self.name, reason=reason)

    async def bring_up(self) -> None:
        """Make and start it; ends `healthy` or `failed`, and tells whoever waits either way."""
        self.turn(LifeState.STARTING, "starting")
        try:
            answer = await self._tools.attempt(
                f"start {self.name}", self._make_and_start, self._tools.config.start_deadline_s
            )
        finally:
            self.settled.set()
        self.start_problem = in_words(answer) if isinstance(answer, Exception) else ""
        if self.start_problem:
            self.turn(LifeState.FAILED, self.start_problem)
            return
        self._bad_pings = 0
        self.turn(LifeState.HEALTHY)
        warm = self.lifecycle.warm
        if warm is not None:
            self._tools.tasks.start(f"warm {self.name} {self._recoveries}", lambda: self._warm(warm))

    async def live(self) -> None:
        """Bring it up, then watch over it until cancelled, or until nothing more can be done for it."""
        await self.bring_up()
        while True:
            if self._state is LifeState.FAILED:
                if not await self._recover():
                    return
            elif self.lifecycle.ping is None:
                return
            else:
                await self._tools.clock.sleep(self._tools.config.ping_interval_s)
                await self._ping()

    async def stop(self, deadline_s: float, tasks: Supervisor) -> str | None:
        """Run the stop hook where there was a start; returns why it did not stop cleanly, or None."""
        hook, problem = self.lifecycle.stop, None
        if hook is not None and self.is_made:
            answer = await self._tools.attempt(f"stop {self.name}", lambda: hook(self._instance), deadline_s, tasks)
            problem = in_words(answer) if isinstance(answer, Exception) else None
        self.turn(LifeState.STOPPED, problem or "stopped")
        return problem

    async def _make_and_start(self) -> None:
        if not self.is_made:
            self._instance = await self._make()
            self.is_made = True
        if self.lifecycle.start is not None:
            await self.lifecycle.start(self._instance)

    async def _warm(self, warm: Callable[[Any], Awaitable[None]]) -> None:
        deadline_s = self._tools.config.warm_deadline_s
        answer = await self._tools.attempt(f"warming {self.name}", lambda: warm(self._instance), deadline_s)
        if isinstance(answer, Exception) and self._state is LifeState.HEALTHY:
            self.turn(LifeState.DEGRADED, f"warming: {in_words(answer)}")

    async def _ping(self) -> None:
        ping, config = self.lifecycle.ping, self._tools.config
        assert ping is not None
        answer = await self._tools.attempt(
            f"ping {self.name}", lambda: ping(self._instance), config.ping_deadline_s
        )
        self._pinged_at = self._tools.clock.now()
        if not isinstance(answer, Exception):
            self._bad_pings = 0
            self.turn(LifeState.DEGRADED if answer else LifeState.HEALTHY, answer or "")
            return
        self._bad_pings += 1
        is_final = self._bad_pings >= config.pings_to_fail
        self.turn(LifeState.FAILED if is_final else LifeState.DEGRADED, f"ping: {in_words(answer)}")

    async def _recover(self) -> bool:
        """Wait as the policy says, then stop and start it anew; False when the policy gives up."""
        delay_s = self._next_delay_s()
        if delay_s is None:
            self._tools.log.error("service given up", service=self.name, reason=self._reason)
            return False
        await self._tools.clock.sleep(delay_s)
        self._recoveries += 1
        hook = self.lifecycle.stop
        if hook is not None and self.is_made:
            deadline_s = self._tools.config.start_deadline_s
            await self._tools.attempt(f"reset {self.name}", lambda: hook(self._instance), deadline_s)
        await self.bring_up()
        return True

    def _next_delay_s(self) -> float | None:
        policy = self.traits.recover
        if policy is None:
            return None
        now_ns = self._tools.clock.monotonic_ns()
        while self._recent_ns and now_ns - self._recent_ns[0] > policy.window_s * 1e9:
            self._recent_ns.popleft()
        delay_s = policy.delay_s(len(self._recent_ns), self._tools.rng)
        self._recent_ns.append(now_ns)
        return delay_s
