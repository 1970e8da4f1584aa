"""Stopping while the machine has no time for us: nobody's share is lost, nobody pings on, the wiring's order holds."""

import asyncio
import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from arbedge.foundation.container.config import ContainerConfig
from arbedge.foundation.container.container import ServiceContainer
from arbedge.foundation.container.graph import DependencyGraph
from arbedge.foundation.container.registry import Lifecycle, Registry
from arbedge.foundation.runtime.clock import ManualClock, SystemClock
from arbedge.foundation.runtime.patience import Countdown


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def error(self, event: str, **fields: object) -> None:
        self.lines.append(f"{event} {fields}")

    warning = error


class Service:
    """Takes a few turns of the loop to stop, and a moment to answer a ping."""

    def __init__(self) -> None:
        self.is_stopped = False

    async def stop(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0)
        self.is_stopped = True

    async def ping(self) -> None:
        await asyncio.sleep(0.001)


def giver(service: Service) -> Callable[[], Service]:
    return lambda: service


def registered(count: int, **steps: object) -> tuple[Registry, list[Service]]:
    registry, made = Registry(), []
    for number in range(count):
        kind = type(f"Service{number}", (Service,), {})
        made.append(kind())
        registry.add(f"service{number}", giver(made[-1]), provides=kind, lifecycle=Lifecycle(**steps))
    return registry, made


async def test_a_loop_that_stands_still_takes_no_share_from_any_service() -> None:
    registry, made = registered(8, stop=Service.stop)
    log = Log()
    container = ServiceContainer(registry, SystemClock(), ContainerConfig(stop_deadline_s=0.2), log=log)
    await container.start()
    loop, is_over = asyncio.get_running_loop(), False

    def stand_still() -> None:
        time.sleep(0.03)  # more than a service's whole share, at every turn
        if not is_over:
            loop.call_soon(stand_still)

    loop.call_soon(stand_still)
    try:
        assert await container.stop() == ()
    finally:
        is_over = True
    assert all(each.is_stopped for each in made)
    assert log.lines == []


async def test_no_service_pings_through_a_supervisor_that_has_ended() -> None:
    for _ in range(20):
        registry, _ = registered(12, ping=Service.ping)
        log = Log()
        config = ContainerConfig(ping_interval_s=0.001)
        container = ServiceContainer(registry, SystemClock(), config, log=log)
        await container.start()
        await asyncio.sleep(0.005)
        assert await container.stop() == ()
        assert log.lines == []


@given(st.integers(1, 10), st.data())
def test_whoever_needs_goes_first_and_of_others_the_last_registered(count: int, data: st.DataObject) -> None:
    registry = Registry()
    kinds: list[type] = []
    needs: dict[str, set[str]] = {}
    for number in range(count):
        wanted = data.draw(st.sets(st.sampled_from(range(number)))) if number else set()
        kind = type(f"Kind{number}", (), {})

        names = ", ".join(f"a{each}: kinds[{each}]" for each in sorted(wanted))
        space: dict[str, object] = {"kinds": list(kinds), "kind": kind}
        exec(f"def make({names}) -> kind: return kind()", space)  # annotations made to measure
        registry.add(f"s{number}", space["make"], provides=kind)
        kinds.append(kind)
        needs[f"s{number}"] = {f"s{each}" for each in wanted}
    order = DependencyGraph(registry.registrations).stop_order
    # Registered in dependency order, the opposite of the registrations is the one answer.
    assert list(order) == [f"s{number}" for number in reversed(range(count))]
    for name, wanted_names in needs.items():
        assert all(order.index(name) < order.index(each) for each in wanted_names)


async def test_a_countdown_ends_on_time_and_gives_twenty_turns() -> None:
    clock, ended = ManualClock(), []
    Countdown(clock, 2.0, lambda: ended.append(clock.monotonic_ns()))
    began_ns = clock.monotonic_ns()
    await clock.advance(1.99)
    assert ended == []
    await clock.advance(0.02)
    assert abs(ended[0] - began_ns - 2_000_000_000) < 1_000
    cancelled = Countdown(clock, 2.0, lambda: ended.append(0))
    await clock.advance(1.0)
    cancelled.cancel()
    await clock.advance(5.0)
    assert len(ended) == 1
