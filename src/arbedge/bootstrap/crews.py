"""Background work as services: each crew starts its supervised tasks, says which of them is not well, stops them.

Started in dependency order; stopped in the opposite order of the wiring: screens and venues fall silent first, then
detection closes what is open, then the last outcomes and events are written, then what the recorder holds.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from arbedge.bootstrap.crosscheck import CrossCheck
from arbedge.bootstrap.observing import Observer
from arbedge.bootstrap.settings import LoadedSettings
from arbedge.bootstrap.venues import VenueSet
from arbedge.flow.delivery_path import DeliveryPath, recover_open
from arbedge.flow.tick_path import TickPath
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.runtime.supervision import SupervisedTask, Supervisor
from arbedge.foundation.runtime.tasks import ErrorLog, RestartPolicy, TaskState
from arbedge.foundation.telemetry.hooks import MetricTaskHooks
from arbedge.foundation.telemetry.metrics import Metrics
from arbedge.market.refresh import MarketRefresher
from arbedge.market.streaming import StreamRunner
from arbedge.market.view import LiveMarket
from arbedge.opportunities.detection.detector import Detector
from arbedge.opportunities.ports import OpportunityArchive
from arbedge.storage.repositories.lookup import OpportunityLookup

__all__ = ["ArchiveCrew", "Crew", "DetectionCrew", "MarketCrew", "ObservingCrew", "OracleCrew", "Tools", "ViewCrew"]

_ALWAYS_AGAIN = RestartPolicy(first_delay_s=0.5, max_delay_s=30.0, max_restarts=None)
_STOP_S = 1.0
_PRUNE_EVERY_S = 3600.0
_OBSERVE_S = 1.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What every crew works with: time, where faults are reported, and the counters."""

    clock: Clock
    log: ErrorLog
    metrics: Metrics


class Crew:
    """Supervised tasks under one name. `start` once, `stop` once, `ping` as often as one likes."""

    def __init__(self, tools: Tools) -> None:
        self._clock = tools.clock
        self._supervisor = Supervisor(tools.clock, tools.log, hooks=MetricTaskHooks(tools.metrics))
        self._tasks: list[SupervisedTask] = []

    def put_to_work(self, name: str, duty: Callable[[], Awaitable[None]]) -> SupervisedTask:
        """Run a duty for as long as the crew works, starting it over whenever it fails."""
        task = self._supervisor.start(name, duty, _ALWAYS_AGAIN)
        self._tasks.append(task)
        return task

    async def start(self) -> None:
        """Begin; a crew without duties of its own waits for some."""

    async def stop(self) -> None:
        """End every task, all asked at once: they depend on one another's services, not on one another."""
        for task in self._tasks:
            task.cancel()
        await self._supervisor.stop(_STOP_S)

    async def ping(self) -> str | None:
        """None when every task runs; else which one is being started over, and why."""
        for task in self._tasks:
            if task.state in {TaskState.RESTARTING, TaskState.FAILED}:
                failures = [each for each in self._supervisor.failures if each.task == task.name]
                reason = failures[-1].error if failures else "it failed"
                return f"{task.name} is {task.state}: {reason}"
        return None


class ArchiveCrew(Crew):
    """Writes events to the archive and deletes what is too old."""

    def __init__(
        self,
        tools: Tools,
        delivery: DeliveryPath,
        detector: Detector,
        archive: OpportunityArchive,
        lookup: OpportunityLookup,
        retention: timedelta,
    ) -> None:
        super().__init__(tools)
        self._delivery = delivery
        self._detector = detector
        self._archive = archive
        self._lookup = lookup
        self._retention = retention

    async def start(self) -> None:
        """Close what an earlier run left open, then write and prune."""
        await recover_open(self._lookup, self._detector)
        self.put_to_work("archive.write", partial(self._delivery.run_writer, self._detector))
        self.put_to_work("archive.prune", self._prune)

    async def stop(self) -> None:
        """End the tasks between two writes, never within one; then write what is left."""
        async with self._delivery.archive_in_use:
            await super().stop()
        await self._delivery.finish(self._detector)

    async def ping(self) -> str | None:
        """Whether the archive keeps up."""
        return self._delivery.problem or await super().ping()

    async def _prune(self) -> None:
        while True:
            async with self._delivery.archive_in_use:
                await self._archive.prune(self._clock.now() - self._retention)
            await self._clock.sleep(_PRUNE_EVERY_S)


class DetectionCrew(Crew):
    """Sweeps the market a few times a second; on stopping, closes what is open."""

    def __init__(self, tools: Tools, tick_path: TickPath, detector: Detector) -> None:
        super().__init__(tools)
        self._tick_path = tick_path
        self._detector = detector

    async def start(self) -> None:
        """Begin to sweep."""
        self.put_to_work("detection.sweep", self._tick_path.run_sweeps)

    async def stop(self) -> None:
        """End sweeping and close what is open: nobody watches it any more."""
        await super().stop()
        self._detector.close("arbedge stopped")

    async def ping(self) -> str | None:
        """Contained faults of the tick path make it degraded: each cost a frame or a look."""
        faults = ", ".join(f"{place} x{count}" for place, count in self._tick_path.faults.items())
        return f"contained faults: {faults}" if faults else await super().ping()


class MarketCrew(Crew):
    """Keeps the market supplied: slow facts, streams of each venue, detail books."""

    def __init__(
        self,
        tools: Tools,
        venues: VenueSet,
        market: LiveMarket,
        refresher: MarketRefresher,
        runner: StreamRunner,
        tick_path: TickPath,
    ) -> None:
        super().__init__(tools)
        self._venues = venues
        self._market = market
        self._refresher = refresher
        self._runner = runner
        self._tick_path = tick_path

    async def start(self) -> None:
        """Begin to read and stream."""
        self.put_to_work("market.refresh", self._refresher.run)
        self.put_to_work("market.books", self._market.desk.run)
        for venue in self._venues:
            self.put_to_work(
                f"streams.{venue.name}", partial(self._runner.run, venue.name, venue.streams, self._tick_path)
            )

    async def ping(self) -> str | None:
        """Venues that do not answer make it degraded, never failed: it goes on trying."""
        ill = [f"{state.name} is {state.state}: {state.error}" for state in self._refresher.states() if state.error]
        return "; ".join(ill) or await super().ping()


class OracleCrew(Crew):
    """Holds instruments against ccxt's reading now and then."""

    def __init__(self, tools: Tools, check: CrossCheck, settings: LoadedSettings) -> None:
        super().__init__(tools)
        self._check = check
        self._is_wanted = settings.settings.market.crosscheck_s > 0

    async def start(self) -> None:
        """Begin, unless switched off."""
        if self._is_wanted:
            self.put_to_work("crosscheck", self._check.run)


class ObservingCrew(Crew):
    """Reads everything's counters into the metrics once a second."""

    def __init__(self, tools: Tools, observer: Observer) -> None:
        super().__init__(tools)
        self._observer = observer

    async def start(self) -> None:
        """Begin to observe."""
        self.put_to_work("observing", self._observe)

    async def _observe(self) -> None:
        while True:
            self._observer.observe()
            await self._clock.sleep(_OBSERVE_S)


class ViewCrew(Crew):
    """Tasks of whoever shows the run: screens, event lines, alerts; first to stop."""
