"""The service container: instances by type, made once, started in parallel, watched, stopped last in first out.

All calls on the event loop's thread. `get` is a dictionary look-up; everything that may take time is awaited.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from arbedge.errors import NotFound, Unavailable
from arbedge.foundation.container.config import ContainerConfig
from arbedge.foundation.container.graph import DependencyGraph, GraphNode
from arbedge.foundation.container.registry import Registry, StartMode
from arbedge.foundation.container.states import Health, LifeHooks, LifeState, StopFailure
from arbedge.foundation.container.unit import Unit, UnitTools
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.supervision import Supervisor
from arbedge.foundation.runtime.tasks import ErrorLog, StandardLog

__all__ = ["NotReady", "ServiceContainer", "StartFailed"]

T = TypeVar("T")


class NotReady(Unavailable):
    """The service asked for could not be made or is not there yet; the message says why."""


class StartFailed(Unavailable):
    """Required services did not start; `reasons` says why, by name. Everything that had started is stopped."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        super().__init__("could not start " + "; ".join(f"{name}: {reason}" for name, reason in reasons.items()))


class ServiceContainer:
    """Owns every registered service. Its construction validates the graph and raises `GraphInvalid`.

    Use `async with`, or `start` and `stop`.
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        config: ContainerConfig | None = None,
        *,
        log: ErrorLog | None = None,
        rng: Random | None = None,
        hooks: LifeHooks | None = None,
    ) -> None:
        self._graph = DependencyGraph(registry.registrations)
        self._config = config or ContainerConfig()
        self._clock = clock
        log = log or StandardLog()
        self._log = log
        self._tasks = Supervisor(clock, log)
        rng = rng or Random(0)  # noqa: S311 - jitter, not a secret
        self._tools = UnitTools(clock, self._config, self._tasks, log, rng, hooks)
        self._makers = self._graph.build()
        self._instances: dict[Any, Any] = {}
        self._units = {
            name: Unit(self._graph.registrations[name], self._tools, self._maker(name))
            for name in self._graph.order
        }
        self._begun: list[Unit] = []
        self._is_stopping = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Make and start every eager service, independent ones at the same time; background ones follow unawaited.

        Raises `StartFailed` when a required one does not start; cancelled or failed, it stops everything.
        """
        eager = [name for name, unit in self._units.items() if unit.traits.mode is StartMode.EAGER]
        is_up = False
        try:
            await self._settle(eager)
            failed = {unit.name: unit.start_problem for unit in self._units.values() if _is_fatal(unit)}
            if failed:
                raise StartFailed(failed)
            is_up = True
        finally:
            if not is_up:
                await self.stop()
        for name, unit in self._units.items():
            if unit.traits.mode is StartMode.BACKGROUND:
                self._begin(name)

    @overload
    def get(self, kind: type[T]) -> T: ...

    @overload
    def get(self, kind: Any) -> Any: ...

    def get(self, kind: Any) -> Any:
        """The instance of a type that has been made already. Raises `NotReady` or `NotFound`."""
        try:
            return self._instances[kind]
        except KeyError:
            name = self._name_of(kind)
        raise NotReady(f"service {name} is not there: {self._units[name].reason}")

    @overload
    async def resolve(self, kind: type[T]) -> T: ...

    @overload
    async def resolve(self, kind: Any) -> Any: ...

    async def resolve(self, kind: Any) -> Any:
        """The instance of a type, made and started first where it is not there yet; made once, whoever asks.

        Raises `NotReady` when it could not be made or has failed, and `NotFound` for an unknown type.
        """
        name = self._name_of(kind)
        await self._settle([name])
        if self._units[name].state is LifeState.FAILED:
            raise NotReady(f"service {name} has failed: {self._units[name].reason}")
        return self.get(kind)

    async def discover(self, capability: Any) -> tuple[Any, ...]:
        """The instances of every service with that capability (a word, a protocol, a type), in dependency order.

        Begins those that were not begun. One that failed after it was made is among them: it may recover in place.
        """
        names = self.names_with(capability)
        await self._settle(names)
        return tuple(self.get(self._graph.key_of[name]) for name in names if self._units[name].is_made)

    def names_with(self, capability: Any) -> tuple[str, ...]:
        """The names of every service with that capability, in dependency order."""
        return self._graph.names_with(capability)

    def graph(self) -> tuple[GraphNode, ...]:
        """Every service with what it depends on, in dependency order."""
        return self._graph.nodes()

    def health(self) -> tuple[Health, ...]:
        """Every service now, in dependency order; a healthy one that needs a failed one is shown as degraded."""
        shown: dict[str, Health] = {}
        for name, unit in self._units.items():
            health = unit.health()
            lost = [each for each in self._graph.depends_on[name] if shown[each].state is LifeState.FAILED]
            if lost and health.state is LifeState.HEALTHY:
                health = replace(health, state=LifeState.DEGRADED, reason=f"needs {', '.join(lost)}, which failed")
            shown[name] = health
        return tuple(shown.values())

    async def stop(self, deadline_s: float | None = None) -> tuple[StopFailure, ...]:
        """End all watching, then stop services within the deadline (default: the setting's): dependants first, and
        among those that do not depend on one another the one registered last.

        One that hangs is given its share of what is left and then left behind. Time in which the event loop could
        not run is not counted (`Countdown`): a busy machine ends later instead of leaving work undone. Returns
        whoever did not stop cleanly; a second call returns at once.
        """
        if self._is_stopping:
            return ()
        self._is_stopping = True
        left_s = deadline_s or self._config.stop_deadline_s
        stopper = Supervisor(self._clock, self._log)
        for task in self._tasks.tasks:
            # All at once: one that is asked later would go on pinging through a supervisor that has ended.
            task.cancel()
        asked_ns = self._clock.monotonic_ns()
        await self._tasks.stop(left_s / 4)
        left_s -= self._spent_s(asked_ns, left_s / 4)
        failures = []
        waiting = [self._units[name] for name in self._graph.stop_order if self._units[name] in self._begun]
        for index, unit in enumerate(waiting):
            # Those without a stop hook take no time: the others share all of it.
            hooked = sum(1 for each in waiting[index:] if each.lifecycle.stop is not None)
            share_s = left_s / max(1, hooked)
            asked_ns = self._clock.monotonic_ns()
            problem = await unit.stop(share_s, stopper)
            left_s -= self._spent_s(asked_ns, share_s)
            if problem is not None:
                failures.append(StopFailure(unit.name, problem))
        self._instances.clear()
        await self._tools.attempt("close instances", self._makers.close, max(0.001, left_s), stopper)
        return tuple(failures)

    def _spent_s(self, asked_ns: int, share_s: float) -> float:
        """What is taken off the deadline: never more than the share, or a busy machine would rob the next ones."""
        return min(share_s, (self._clock.monotonic_ns() - asked_ns) / 1e9)

    def _name_of(self, kind: Any) -> str:
        name = self._graph.name_of.get(kind)
        if name is None:
            raise NotFound(f"no service provides {getattr(kind, '__name__', kind)}")
        return name

    async def _settle(self, names: Sequence[str]) -> None:
        """Begin these services and wait until each has been brought up or has failed."""
        for name in names:
            self._begin(name)
        for name in names:
            # Bounded: every attempt to start ends at its deadline and then sets the event.
            await self._units[name].settled.wait()

    def _begin(self, name: str) -> None:
        unit = self._units[name]
        if unit.is_begun:
            return
        if self._is_stopping:
            raise NotReady(f"service {name} is not there: the container has been stopped")
        unit.is_begun = True
        self._tasks.start(f"service {name}", lambda: self._live(unit))

    async def _live(self, unit: Unit) -> None:
        try:
            await self._settle(self._graph.depends_on[unit.name])
            self._begun.append(unit)
            await unit.live()
        finally:
            unit.settled.set()

    def _maker(self, name: str) -> Any:
        key = self._graph.key_of[name]

        async def make() -> Any:
            for needed in self._graph.depends_on[name]:
                if not self._units[needed].is_made:
                    raise NotReady(f"needs {needed}, which could not be made")
            instance = await self._makers.get(key)
            self._instances[key] = instance
            return instance

        return make


def _is_fatal(unit: Unit) -> bool:
    return unit.is_begun and unit.traits.is_required and bool(unit.start_problem)
