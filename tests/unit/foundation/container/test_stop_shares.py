"""How the time to stop is shared out: by who has something to stop, not by how many services there are."""

import asyncio
from dataclasses import dataclass, field

from arbedge.foundation.container.config import ContainerConfig
from arbedge.foundation.container.container import ServiceContainer
from arbedge.foundation.container.registry import Lifecycle, Registry
from arbedge.foundation.runtime.clock import SystemClock


@dataclass
class Busy:
    takes_s: float
    ended: list[str] = field(default_factory=list)

    async def stop(self) -> None:
        await asyncio.sleep(self.takes_s)
        self.ended.append("busy")


class Hanging:
    async def stop(self) -> None:
        await asyncio.sleep(60)


class Quick:
    def __init__(self) -> None:
        self.is_stopped = False

    async def stop(self) -> None:
        self.is_stopped = True


def add_idle(registry: Registry, count: int) -> None:
    for number in range(count):
        kind = type(f"Idle{number}", (), {})
        registry.add(f"idle{number}", kind, provides=kind)


async def test_services_without_a_stop_take_no_time_from_one_that_is_busy_stopping() -> None:
    registry, busy = Registry(), Busy(takes_s=0.2)
    add_idle(registry, 30)
    registry.add("busy", lambda: busy, provides=Busy, lifecycle=Lifecycle(stop=Busy.stop))
    container = ServiceContainer(registry, SystemClock(), ContainerConfig(stop_deadline_s=1.0))
    await container.start()
    assert await container.stop() == ()
    assert busy.ended == ["busy"]


async def test_one_that_hangs_leaves_time_for_those_after_it() -> None:
    registry, quick = Registry(), Quick()
    registry.add("quick", lambda: quick, provides=Quick, lifecycle=Lifecycle(stop=Quick.stop))
    registry.add("hanging", Hanging, lifecycle=Lifecycle(stop=Hanging.stop))
    container = ServiceContainer(registry, SystemClock(), ContainerConfig(stop_deadline_s=0.4))
    await container.start()
    (failure,) = await container.stop()
    assert failure.name == "hanging"
    assert quick.is_stopped
