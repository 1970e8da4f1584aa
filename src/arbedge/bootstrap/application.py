"""The main job as one object: started with everything it needs, asked for snapshots, stopped in order."""

from asyncio import sleep
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from arbedge.bootstrap.crews import ViewCrew
from arbedge.bootstrap.crosscheck import CrossCheck
from arbedge.bootstrap.datadir import Datadir
from arbedge.bootstrap.observing import Observer
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.bootstrap.snapshot import RunSnapshot, VenueLine
from arbedge.bootstrap.venues import ADAPTERS, VenueSet
from arbedge.bootstrap.wiring import RunPlan, registry_for
from arbedge.domain.events import OpportunityEvent
from arbedge.domain.opportunity import Gate
from arbedge.flow.delivery_path import DeliveryPath
from arbedge.foundation.container import Health, MetricLifeHooks, ServiceContainer
from arbedge.foundation.runtime.clock import Clock, SystemClock
from arbedge.foundation.runtime.streams import BoundedStream, Overflow
from arbedge.foundation.runtime.supervision import SupervisedTask
from arbedge.foundation.runtime.tasks import ErrorLog
from arbedge.foundation.telemetry.hooks import MetricStreamHooks
from arbedge.foundation.telemetry.logs import LogConfig, Logs
from arbedge.foundation.telemetry.metrics import Metrics
from arbedge.foundation.telemetry.redaction import Redactor
from arbedge.market.refresh import MarketRefresher
from arbedge.market.view import LiveMarket
from arbedge.opportunities.detection.detector import Detector
from arbedge.opportunities.ranking.leaderboard import Leaderboard
from arbedge.storage.records.engine import Records

__all__ = ["Application", "redactor_of", "running", "service_graph"]

_POLL_S = 0.05
_SETTLE_S = 3.0


class Application:
    """A started main job. All calls on the event loop's thread."""

    def __init__(self, container: ServiceContainer, plan: RunPlan, clock: Clock) -> None:
        self.clock = clock
        self._container = container
        self._plan = plan
        self._started_ns = clock.monotonic_ns()
        self._venues = container.get(VenueSet)
        self._is_simulated = plan.is_simulated or self._venues.is_simulated

    def subscribe(self, listener: Callable[[OpportunityEvent], None]) -> Callable[[], None]:
        """Call `listener` with each event from now on; it must return at once. Returns how to stop."""
        return self._container.get(DeliveryPath).watch(listener)

    def start_task(self, name: str, duty: Callable[[], Awaitable[None]]) -> SupervisedTask:
        """Run something beside the main job, ended before it."""
        return self._container.get(ViewCrew).put_to_work(name, duty)

    def open_stream(self, name: str, capacity: int) -> BoundedStream[OpportunityEvent]:
        """Events from now on for a slow reader; when it falls behind the oldest is dropped and counted."""
        hooks = MetricStreamHooks(self._container.get(Metrics))
        stream: BoundedStream[OpportunityEvent] = BoundedStream(
            name, self.clock, capacity=capacity, overflow=Overflow.DROP_OLDEST, on_drop=hooks.dropped
        )
        hooks.watch(stream)
        self.subscribe(stream.offer)
        return stream

    def health(self) -> tuple[Health, ...]:
        """Every service now, in dependency order."""
        return self._container.health()

    def snapshot(self) -> RunSnapshot:
        """The whole at this moment."""
        detector = self._container.get(Detector)
        rejected = detector.rejected()
        return RunSnapshot(
            as_of=self.clock.now(),
            is_simulated=self._is_simulated,
            uptime_s=(self.clock.monotonic_ns() - self._started_ns) / 1e9,
            venues=self._venue_lines(),
            opportunities=self._container.get(Leaderboard).top(),
            rejected={gate.value: rejected[gate] for gate in Gate if rejected.get(gate)},
            closest=detector.closest(),
            notices=self._notices(),
        )

    async def settled(self, within_s: float) -> bool:
        """Wait until every venue is live or has said why not, and candidates had time for their books."""
        deadline_ns = self.clock.monotonic_ns() + int(within_s * 1e9)
        quiet_since_ns: int | None = None
        while (now_ns := self.clock.monotonic_ns()) < deadline_ns:
            states = self._container.get(MarketRefresher).states()
            if any(state.state == "connecting" for state in states):
                quiet_since_ns = None
            elif quiet_since_ns is None:
                quiet_since_ns = now_ns
            elif not any(state.quotes for state in states) or now_ns - quiet_since_ns > _SETTLE_S * 1e9:
                return True
            await sleep(_POLL_S)
        return False

    def _venue_lines(self) -> tuple[VenueLine, ...]:
        observer = self._container.get(Observer)
        clocks = self._container.get(LiveMarket).clocks
        missing = (
            VenueLine(
                name=name,
                state="unsupported",
                instruments=0,
                quotes=0,
                frames_per_s=0.0,
                clock_offset_ms=None,
                error=f"no adapter for it yet; there are {', '.join(ADAPTERS)}",
            )
            for name in self._venues.without_adapter
        )
        lines = (
            VenueLine(
                name=state.name,
                state=state.state.value,
                instruments=state.instruments,
                quotes=state.quotes,
                frames_per_s=observer.frames_per_s(state.name),
                clock_offset_ms=clocks.offset_ms(state.name),
                error=state.error,
            )
            for state in self._container.get(MarketRefresher).states()
        )
        return (*lines, *missing)

    def _notices(self) -> tuple[str, ...]:
        ill = [each for each in self._container.health() if each.reason and each.name != "market_crew"]
        checked = self._container.get(CrossCheck).notices
        return (
            *self._plan.loaded.notices,
            *checked,
            *(f"{each.name} is {each.state}: {each.reason}" for each in ill),
        )


@asynccontextmanager
async def running(
    loaded: LoadedSettings, *, is_recording: bool = True, is_simulated: bool = False
) -> AsyncIterator[Application]:
    """Start the main job, give it, stop it. While recording, the data folder is locked and logs go to its file.

    Raises `ConfigError` for a folder in use, a schema too new, a wrong graph; never for a venue out of reach.
    """
    plan = RunPlan(loaded=loaded, is_recording=is_recording, is_simulated=is_simulated)
    clock, metrics = SystemClock(), Metrics()
    async with AsyncExitStack() as stack:
        logs = stack.enter_context(Logs(LogConfig(level=loaded.settings.log_level), clock, redactor_of(loaded)))
        if is_recording:
            folder = Datadir(loaded.settings.data_dir)
            stack.enter_context(folder.lock())
            logs.to_file(folder.log_file)
        log = logs.logger("arbedge")
        registry = registry_for(plan, clock, metrics, log)
        container = ServiceContainer(
            registry, clock, loaded.settings.services, log=log, hooks=MetricLifeHooks(metrics)
        )
        await container.start()
        stack.push_async_callback(_stop, container, log)
        if is_recording:
            container.get(Observer).watch_pool("records", container.get(Records).gauges)
        log.info("started", config_hash=loaded.config_hash, exchanges=",".join(loaded.settings.exchanges))
        yield Application(container, plan, clock)
        log.info("stopping")


async def _stop(container: ServiceContainer, log: ErrorLog) -> None:
    for failure in await container.stop():
        log.error("did not stop cleanly", service=failure.name, reason=failure.reason)


def service_graph(loaded: LoadedSettings) -> dict[str, tuple[str, ...]]:
    """Every service of the main job and what it depends on, in dependency order; starts nothing."""
    plan = RunPlan(loaded=loaded, is_recording=True, is_simulated=False)
    clock, metrics = SystemClock(), Metrics()
    with Logs(LogConfig(level="ERROR"), clock, redactor_of(loaded)) as logs:
        registry = registry_for(plan, clock, metrics, logs.logger("arbedge"))
        container = ServiceContainer(registry, clock)
        return {node.name: node.depends_on for node in container.graph()}


def redactor_of(loaded: LoadedSettings) -> Redactor:
    """What hides every secret of these settings in logs."""
    redactor = Redactor()
    for secret in loaded.secrets():
        redactor.register(secret)
    return redactor
