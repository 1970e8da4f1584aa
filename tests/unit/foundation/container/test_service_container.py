"""The container at work: once, in order, in parallel, watched, recovered, and stopped in time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from arbedge.errors import Disconnected, NotFound
from arbedge.foundation.container.config import ContainerConfig
from arbedge.foundation.container.container import NotReady, ServiceContainer, StartFailed
from arbedge.foundation.container.registry import Lifecycle, Registry, StartMode, Traits
from arbedge.foundation.container.states import LifeState
from arbedge.foundation.runtime.clock import ManualClock, SystemClock
from arbedge.foundation.runtime.tasks import RestartPolicy

ON_DEMAND = Traits(mode=StartMode.ON_DEMAND)
CONFIG = ContainerConfig(ping_interval_s=10, pings_to_fail=2, start_deadline_s=5, ping_deadline_s=1)


class Journal:
    """What happened, in order; and a log that keeps quiet."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append(f"{event} {fields.get('service')}")

    error = warning


class Part:
    """A service whose every moment can be made to fail."""

    def __init__(self) -> None:
        self.name = "part"
        self.journal: list[str] = []
        self.start_error: Exception | None = None
        self.ping_answer: str | Exception | None = None

    async def start(self) -> None:
        self.journal.append(f"start {self.name}")
        await asyncio.sleep(0)
        if self.start_error is not None:
            raise self.start_error

    async def stop(self) -> None:
        self.journal.append(f"stop {self.name}")

    async def ping(self) -> str | None:
        if isinstance(self.ping_answer, Exception):
            raise self.ping_answer
        return self.ping_answer


class Low(Part): ...


class Left(Part): ...


class Right(Part): ...


class Top(Part): ...


LIFECYCLE = Lifecycle(start=Part.start, stop=Part.stop, ping=Part.ping)


def diamond(journal: list[str]) -> Registry:
    def named(part: Part) -> Any:
        part.name, part.journal = type(part).__name__, journal
        return part

    def top(left: Left, right: Right) -> Top:
        return named(Top())

    def left(low: Low) -> Left:
        return named(Left())

    def right(low: Low) -> Right:
        return named(Right())

    def low() -> Low:
        return named(Low())

    made = Registry()
    for factory in (top, left, right, low):
        made.add(factory.__name__, factory, lifecycle=LIFECYCLE)
    return made


def one(part: Part, **traits: Any) -> Registry:
    made = Registry()
    made.add("part", lambda: part, provides=Part, lifecycle=LIFECYCLE, traits=Traits(**traits))
    return made


def state(container: ServiceContainer, name: str = "part") -> LifeState:
    return {health.name: health.state for health in container.health()}[name]


def reason(container: ServiceContainer, name: str = "part") -> str:
    return {health.name: health.reason for health in container.health()}[name]


@pytest.fixture
async def release() -> AsyncIterator[asyncio.Event]:
    """Set in the end, however the test went, so that hooks which will not be cancelled do end."""
    event = asyncio.Event()
    yield event
    event.set()
    await settle()


async def test_starts_in_order_and_stops_last_in_first_out():
    journal: list[str] = []
    container = ServiceContainer(diamond(journal), ManualClock())
    assert {health.state for health in container.health()} == {LifeState.STOPPED}
    await container.start()
    assert {health.state for health in container.health()} == {LifeState.HEALTHY}
    assert journal[0] == "start Low"
    assert journal[-1] == "start Top"
    started = [line.removeprefix("start ") for line in journal]
    journal.clear()
    assert await container.stop() == ()
    assert [line.removeprefix("stop ") for line in journal] == started[::-1]
    assert {health.state for health in container.health()} == {LifeState.STOPPED}
    assert await container.stop() == ()


async def test_independent_services_start_at_the_same_time():
    both = asyncio.Barrier(2)

    async def meet(part: Part) -> None:
        await both.wait()

    made = Registry()
    for kind in (Left, Right):
        made.add(kind.__name__, kind, lifecycle=Lifecycle(start=meet))
    async with asyncio.timeout(5):
        async with ServiceContainer(made, SystemClock()) as container:
            assert isinstance(container.get(Left), Left)


async def test_fifty_concurrent_first_calls_make_one_instance():
    made = 0

    async def slowly() -> Part:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        return Part()

    registry = Registry()
    registry.add("part", slowly, traits=ON_DEMAND)
    async with ServiceContainer(registry, SystemClock()) as container:
        assert made == 0
        found = await asyncio.gather(*(container.resolve(Part) for _ in range(50)))
    assert made == 1
    assert len({id(part) for part in found}) == 1


async def test_on_demand_service_is_made_when_asked_for_with_what_it_needs():
    made = Registry()
    made.add("low", Low, traits=ON_DEMAND)
    under = Low()

    def left(low: Low) -> Left:
        assert low is under
        return Left()

    made.add("left", left, traits=ON_DEMAND)
    made.override("low", under)
    async with ServiceContainer(made, ManualClock()) as container:
        with pytest.raises(NotReady, match="left is not there: not started yet"):
            container.get(Left)
        assert isinstance(await container.resolve(Left), Left)
        assert container.get(Left) is await container.resolve(Left)
        with pytest.raises(NotFound, match="no service provides Right"):
            container.get(Right)


async def test_caller_that_goes_away_does_not_stop_the_making():
    gate = asyncio.Event()

    async def slowly() -> Part:
        await gate.wait()
        return Part()

    registry = Registry()
    registry.add("part", slowly, traits=ON_DEMAND)
    async with ServiceContainer(registry, SystemClock()) as container:
        impatient = asyncio.create_task(container.resolve(Part))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        impatient.cancel()
        gate.set()
        assert isinstance(await container.resolve(Part), Part)


async def test_background_service_does_not_hold_up_the_start():
    gate = asyncio.Event()

    async def wait(part: Part) -> None:
        await gate.wait()

    slow = Registry()
    slow.add(
        "part",
        Part,
        lifecycle=Lifecycle(start=wait),
        traits=Traits(mode=StartMode.BACKGROUND),
    )
    async with ServiceContainer(slow, SystemClock()) as container:
        for _ in range(20):
            await asyncio.sleep(0)
        assert state(container) is LifeState.STARTING
        gate.set()
        assert isinstance(await container.resolve(Part), Part)
        assert state(container) is LifeState.HEALTHY


async def test_warming_runs_behind_the_start_and_its_failure_degrades():
    gate = asyncio.Event()

    async def warm(part: Part) -> None:
        await gate.wait()
        raise Disconnected("no cache")

    registry = Registry()
    registry.add("part", Part, lifecycle=Lifecycle(warm=warm))
    async with ServiceContainer(registry, SystemClock(), log=Journal()) as container:
        assert state(container) is LifeState.HEALTHY
        gate.set()
        for _ in range(50):
            await asyncio.sleep(0)
        assert state(container) is LifeState.DEGRADED
        assert reason(container) == "warming: Disconnected: no cache"


async def test_required_service_that_fails_to_start_stops_the_rest():
    journal: list[str] = []
    registry = diamond(journal)

    def broken(top: Top) -> Part:
        raise Disconnected("nobody there")

    registry.add("broken", broken)
    container = ServiceContainer(registry, ManualClock(), log=Journal())
    with pytest.raises(StartFailed, match="broken: Disconnected: nobody there") as caught:
        await container.start()
    assert caught.value.reasons == {"broken": "Disconnected: nobody there"}
    assert [line for line in journal if line.startswith("stop")] == [
        "stop Top",
        "stop Right",
        "stop Left",
        "stop Low",
    ] or (
        [line for line in journal if line.startswith("stop")] == ["stop Top", "stop Left", "stop Right", "stop Low"]
    )
    with pytest.raises(NotReady):
        await container.resolve(Top)


async def test_start_that_takes_too_long_has_failed():
    async def hang(part: Part) -> None:
        await asyncio.Event().wait()

    registry = Registry()
    registry.add("part", Part, lifecycle=Lifecycle(start=hang))
    container = ServiceContainer(registry, SystemClock(), ContainerConfig(start_deadline_s=0.02), log=Journal())
    with pytest.raises(StartFailed, match=r"part: Timeout: did not end within 0\.02 s"):
        await container.start()


async def test_cancelled_start_stops_what_was_started():
    part = Part()

    async def hang(part: Part) -> None:
        await part.start()
        await asyncio.Event().wait()

    registry = Registry()
    registry.add("part", lambda: part, provides=Part, lifecycle=Lifecycle(start=hang, stop=Part.stop))
    log = Journal()
    container = ServiceContainer(registry, SystemClock(), log=log)
    starting = asyncio.create_task(container.start())
    await settle()
    assert part.journal == ["start part"]
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert part.journal == ["start part", "stop part"]
    assert log.lines == []


async def test_optional_service_recovers_with_growing_waits():
    clock, part = ManualClock(), Part()
    part.start_error = Disconnected("venue away")
    recover = RestartPolicy(first_delay_s=4, max_delay_s=8, max_restarts=None, window_s=600)
    async with ServiceContainer(
        one(part, is_required=False, recover=recover), clock, CONFIG, log=Journal()
    ) as container:
        assert state(container) is LifeState.FAILED
        assert reason(container) == "Disconnected: venue away"
        with pytest.raises(NotReady, match="venue away"):
            await container.resolve(Part)
        for seconds in (4, 8, 8):
            before = part.journal.count("start part")
            await clock.advance(seconds)
            await settle()
            assert part.journal.count("start part") == before + 1
        await clock.advance(3.9)
        await settle()
        assert part.journal.count("start part") == 4
        part.start_error = None
        await clock.advance(8)
        await settle()
        assert state(container) is LifeState.HEALTHY
        assert container.health()[0].recoveries == 4
        assert await container.resolve(Part) is part


async def test_recovery_gives_up_at_its_cap():
    clock, part, log = ManualClock(), Part(), Journal()
    part.start_error = Disconnected("gone")
    recover = RestartPolicy(first_delay_s=1, max_delay_s=1, max_restarts=2, window_s=600)
    async with ServiceContainer(one(part, is_required=False, recover=recover), clock, CONFIG, log=log) as container:
        for _ in range(10):
            await clock.advance(5)
            await settle()
        assert part.journal.count("start part") == 3
        assert state(container) is LifeState.FAILED
        assert "service given up part" in log.lines


async def test_pings_degrade_fail_and_heal():
    clock, part = ManualClock(), Part()
    recover = RestartPolicy(first_delay_s=2, max_delay_s=2, max_restarts=None, window_s=600)
    async with ServiceContainer(one(part, recover=recover), clock, CONFIG, log=Journal()) as container:
        assert container.health()[0].pinged_at is None
        await tick(clock)
        assert state(container) is LifeState.HEALTHY
        assert container.health()[0].pinged_at is not None

        part.ping_answer = "slow"
        await tick(clock)
        assert (state(container), reason(container)) == (LifeState.DEGRADED, "slow")

        part.ping_answer = Disconnected("cut")
        await tick(clock)
        part.ping_answer = None
        await tick(clock)  # a good one between two bad ones: the count begins anew
        assert state(container) is LifeState.HEALTHY
        part.ping_answer = Disconnected("cut")
        await tick(clock)
        assert (state(container), reason(container)) == (LifeState.DEGRADED, "ping: Disconnected: cut")
        await tick(clock)
        assert state(container) is LifeState.FAILED

        part.journal.clear()
        part.ping_answer = None
        await clock.advance(2)
        await settle()
        assert part.journal == ["stop part", "start part"]
        assert state(container) is LifeState.HEALTHY
        assert container.health()[0].recoveries == 1


async def test_ping_that_never_answers_counts_as_bad_even_when_it_will_not_be_cancelled(release):
    clock = ManualClock()

    async def deaf(part: Part) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    registry = Registry()
    registry.add("part", Part, lifecycle=Lifecycle(ping=deaf), traits=Traits(recover=None))
    container = ServiceContainer(registry, clock, CONFIG, log=Journal())
    await container.start()
    await clock.advance(10)
    await settle()
    await clock.advance(1)
    await settle()
    assert (state(container), reason(container)) == (
        LifeState.DEGRADED,
        "ping: Timeout: did not end within 1 s",
    )
    await clock.advance(10)
    await settle()
    assert state(container) is LifeState.FAILED
    release.set()
    await settle()
    assert await container.stop() == ()


async def test_dependant_of_a_failed_service_is_shown_as_degraded():
    part = Part()
    part.start_error = Disconnected("away")

    def top(part: Part) -> Top:
        return Top()

    registry = one(part, is_required=False)
    registry.add("top", top)
    async with ServiceContainer(registry, ManualClock(), log=Journal()) as container:
        assert (state(container, "top"), reason(container, "top")) == (
            LifeState.DEGRADED,
            "needs part, which failed",
        )
        assert part in await container.discover(Part)


async def test_dependant_of_one_that_cannot_be_made_recovers_after_it():
    clock = ManualClock()
    is_open = False

    def low() -> Low:
        if not is_open:
            raise Disconnected("shut")
        return Low()

    def left(low: Low) -> Left:
        return Left()

    optional = Traits(is_required=False, recover=RestartPolicy(1, 1, None, 600))
    registry = Registry()
    registry.add("low", low, traits=optional)
    registry.add("left", left, traits=optional)
    async with ServiceContainer(registry, clock, log=Journal()) as container:
        assert reason(container, "left") == "NotReady: needs low, which could not be made"
        is_open = True
        for _ in range(3):
            await clock.advance(1)
            await settle()
        assert (state(container, "low"), state(container, "left")) == (LifeState.HEALTHY, LifeState.HEALTHY)


async def test_stop_ends_in_time_whatever_the_services_do(release):
    class Deaf(Part): ...

    async def deaf(part: Part) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    async def broken(part: Part) -> None:
        raise RuntimeError("cannot stop")

    low = Low()

    def right(low: Low) -> Right:
        return Right()

    def stubborn(right: Right) -> Deaf:
        return Deaf()

    registry = Registry()

    async def take_a_moment(part: Part) -> None:
        await asyncio.sleep(0.01)
        await part.stop()

    registry.add("low", lambda: low, provides=Low, lifecycle=Lifecycle(stop=take_a_moment))
    registry.add("right", right, lifecycle=Lifecycle(stop=broken))
    registry.add("deaf", stubborn, lifecycle=Lifecycle(stop=deaf))
    container = ServiceContainer(registry, SystemClock(), log=Journal())
    await container.start()
    async with asyncio.timeout(1):
        failures = await container.stop(0.2)
    assert [failure.name for failure in failures] == ["deaf", "right"]
    assert failures[0].reason.startswith("Timeout")
    assert failures[1].reason == "RuntimeError: cannot stop"
    assert low.journal == ["stop part"]


async def test_hooks_hear_of_every_change():
    heard: list[tuple[str, Any, Any]] = []

    class Hooks:
        def service_changed(self, name: str, before: LifeState | None, after: LifeState) -> None:
            heard.append((name, before, after))

    async with ServiceContainer(one(Part()), ManualClock(), hooks=Hooks()):
        pass
    assert heard == [
        ("part", None, LifeState.STOPPED),
        ("part", LifeState.STOPPED, LifeState.STARTING),
        ("part", LifeState.STARTING, LifeState.HEALTHY),
        ("part", LifeState.HEALTHY, LifeState.STOPPED),
    ]


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


async def tick(clock: ManualClock) -> None:
    await clock.advance(10)
    await settle()
