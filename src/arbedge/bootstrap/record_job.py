"""`arbedge record` as one object: the venues and the recorder, nothing is detected."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from arbedge.bootstrap.application import redactor_of
from arbedge.bootstrap.crews import MarketCrew, Tools, ViewCrew
from arbedge.bootstrap.datadir import Datadir
from arbedge.bootstrap.observing import TickGauge
from arbedge.bootstrap.recording import RecorderCrew, RecordingPlan, recordings_folder
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.bootstrap.venues import VenueSet
from arbedge.bootstrap.wiring import RunPlan, add_crew, ground_registry, start_tick_path
from arbedge.flow.tick_path import TickPath
from arbedge.foundation.container import Lifecycle, MetricLifeHooks, ServiceContainer
from arbedge.foundation.runtime.clock import Clock, SystemClock
from arbedge.foundation.runtime.supervision import SupervisedTask
from arbedge.foundation.runtime.tasks import ErrorLog
from arbedge.foundation.telemetry.logs import LogConfig, Logs
from arbedge.foundation.telemetry.metrics import Metrics
from arbedge.market.refresh import MarketRefresher
from arbedge.market.venues import VenueState
from arbedge.market.view import LiveMarket
from arbedge.storage.recordings.recorder import RecorderStatus

__all__ = ["RecordJob", "RecordSnapshot", "recording"]


@dataclass(frozen=True, slots=True)
class RecordSnapshot:
    """The whole at one moment."""

    as_of: datetime
    is_simulated: bool
    uptime_s: float
    venues: tuple[VenueState, ...]
    recorder: RecorderStatus


class RecordJob:
    """A started job. All calls on the event loop's thread."""

    def __init__(self, container: ServiceContainer, clock: Clock) -> None:
        self.clock = clock
        self._view = container.get(ViewCrew)
        self._crew = container.get(RecorderCrew)
        self._refresher = container.get(MarketRefresher)
        self._is_simulated = container.get(VenueSet).is_simulated
        self._started_ns = clock.monotonic_ns()

    def start_task(self, name: str, duty: Callable[[], Awaitable[None]]) -> SupervisedTask:
        """Run something beside the job, ended before it."""
        return self._view.put_to_work(name, duty)

    def snapshot(self) -> RecordSnapshot:
        """How venues and recorder are doing; also right after the end."""
        status = self._crew.status
        assert status is not None
        return RecordSnapshot(
            as_of=self.clock.now(),
            is_simulated=self._is_simulated,
            uptime_s=(self.clock.monotonic_ns() - self._started_ns) / 1e9,
            venues=self._refresher.states(),
            recorder=status,
        )


class _NobodyLooks:
    """Stands where the detector stands in the main job."""

    def touch(self, slots: Collection[int]) -> int:
        """Nothing is screened."""
        _ = slots
        return 0

    def sweep(self) -> None:
        """Nothing is swept."""


@asynccontextmanager
async def recording(loaded: LoadedSettings) -> AsyncIterator[RecordJob]:
    """Start the job, give it, stop it; the data folder is locked meanwhile, logs go to its file.

    Raises `ConfigError` for a folder in use; never for a venue out of reach.
    """
    plan = RunPlan(loaded=loaded, is_recording=True, is_simulated=False)
    clock, metrics = SystemClock(), Metrics()
    async with AsyncExitStack() as stack:
        logs = stack.enter_context(Logs(LogConfig(level=loaded.settings.log_level), clock, redactor_of(loaded)))
        folder = Datadir(loaded.settings.data_dir)
        stack.enter_context(folder.lock())
        logs.to_file(folder.log_file)
        log = logs.logger("arbedge.record")
        registry = ground_registry(plan, clock, metrics, log)
        registry.add("tick_path", _make_tick_path, lifecycle=Lifecycle(start=start_tick_path))
        add_crew(registry, "market_crew", MarketCrew, MarketCrew)
        add_crew(registry, "recorder_crew", RecorderCrew, _make_recorder_crew)
        add_crew(registry, "view_crew", ViewCrew, ViewCrew)
        settings = loaded.settings.services
        container = ServiceContainer(registry, clock, settings, log=log, hooks=MetricLifeHooks(metrics))
        await container.start()
        stack.push_async_callback(_stop, container, log)
        log.info("started", exchanges=",".join(loaded.settings.exchanges))
        yield RecordJob(container, clock)
        log.info("stopping")


def _make_recorder_crew(
    loaded: LoadedSettings, tools: Tools, venues: VenueSet, market: LiveMarket, refresher: MarketRefresher
) -> RecorderCrew:
    root = recordings_folder(loaded, is_simulated=venues.is_simulated)
    return RecorderCrew(tools, RecordingPlan(root, loaded.settings.recorder, is_writing=True), market, refresher)


def _make_tick_path(clock: Clock, market: LiveMarket, metrics: Metrics, log: ErrorLog) -> TickPath:
    return TickPath(market, _NobodyLooks(), clock, log, TickGauge(metrics))


async def _stop(container: ServiceContainer, log: ErrorLog) -> None:
    for failure in await container.stop():
        log.error("did not stop cleanly", service=failure.name, reason=failure.reason)
