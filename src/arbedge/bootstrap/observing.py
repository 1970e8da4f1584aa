"""Counters of the running services read into metrics, and frame rates for the screen."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from arbedge.bootstrap.venues import OpenVenue, VenueSet
from arbedge.domain.events import OpportunityChange, OpportunityEvent
from arbedge.domain.opportunity import Gate, OpportunityKind
from arbedge.flow.delivery_path import DeliveryPath
from arbedge.foundation.runtime.clock import Clock
from arbedge.foundation.telemetry.metrics import Metrics
from arbedge.market.refresh import MarketRefresher
from arbedge.market.view import LiveMarket
from arbedge.opportunities.detection.detector import Detector

__all__ = ["Observer", "PoolReading", "TickGauge", "count_events"]

_RATE_WINDOW = 5
_FILE_EVERY = 15


class PoolReading(Protocol):
    """A pool of connections as it is now."""

    @property
    def in_use(self) -> int:
        """Connections lent out."""
        ...

    @property
    def limit(self) -> int:
        """Most connections."""
        ...

    @property
    def opened(self) -> int:
        """Connections opened so far."""
        ...

    @property
    def reused(self) -> int:
        """How often an open one was used again."""
        ...

    @property
    def waits(self) -> int:
        """How often a caller had to wait."""
        ...


class TickGauge:
    """`flow.ports.TickHooks` into the histogram of frame-to-appraisal times."""

    def __init__(self, metrics: Metrics) -> None:
        self._histogram = metrics.histogram("arbedge_tick_to_candidate_seconds")

    def batch_done(self, slots: int, candidate_after_s: float | None) -> None:
        """One batch of changed slots was looked at."""
        _ = slots
        if candidate_after_s is not None:
            self._histogram.observe(candidate_after_s)


def count_events(metrics: Metrics) -> Callable[[OpportunityEvent], None]:
    """A watcher that counts openings and closings by kind."""

    def count(event: OpportunityEvent) -> None:
        if event.change is OpportunityChange.OPENED:
            metrics.inc("arbedge_opportunities_opened_total", kind=event.opportunity.kind.value)
        elif event.change is OpportunityChange.CLOSED:
            metrics.inc("arbedge_opportunities_closed_total", kind=event.opportunity.kind.value)

    return count


class Observer:
    """Called once a second; `file` is where metrics go for a textfile collector, None for nowhere."""

    def __init__(  # noqa: PLR0913 - one reader of everything
        self,
        clock: Clock,
        metrics: Metrics,
        venues: VenueSet,
        market: LiveMarket,
        refresher: MarketRefresher,
        detector: Detector,
        delivery: DeliveryPath,
        *,
        file: Path | None,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._venues = venues
        self._market = market
        self._refresher = refresher
        self._detector = detector
        self._delivery = delivery
        self._pools: dict[str, Callable[[], PoolReading]] = {}
        self._file = file
        self._last: dict[tuple[str, ...], float] = {}
        self._frames: dict[str, deque[tuple[int, int]]] = {
            venue.name: deque(maxlen=_RATE_WINDOW + 1) for venue in venues
        }
        self._rounds = 0

    def watch_pool(self, name: str, reading: Callable[[], PoolReading]) -> None:
        """Show a pool of connections under this name."""
        self._pools[name] = reading

    def frames_per_s(self, venue: str) -> float:
        """Stream frames a second over the last few seconds."""
        seen = self._frames.get(venue)
        if seen is None or len(seen) < 2:
            return 0.0
        (first_ns, first), (last_ns, last) = seen[0], seen[-1]
        return max(0, last - first) / ((last_ns - first_ns) / 1e9)

    def observe(self) -> None:
        """Read everything once."""
        for venue in self._venues:
            self._observe_venue(venue)
        for name, reading in self._pools.items():
            self._observe_pool(name, reading())
        self._observe_detection()
        desk = self._market.desk
        self._count("book_snapshots", desk.snapshots)
        self._count("book_resyncs", desk.shelf.resyncs)
        for fault, times in self._market.faults.items():
            self._count("quotes_rejected", times, reason=fault.value)
        self._count("storage_events", self._delivery.written)
        self._metrics.set("arbedge_storage_pending", self._delivery.pending)
        self._rounds += 1
        if self._file is not None and self._rounds % _FILE_EVERY == 1:
            self._write(self._file)

    def _observe_venue(self, venue: OpenVenue) -> None:
        name, links = venue.name, venue.stats()
        self._frames[name].append((self._clock.monotonic_ns(), sum(link.frames for link in links)))
        for link in links:
            self._count("venue_frames", link.frames, venue=name, link=link.link)
            self._count("venue_garbage", link.garbage, venue=name, link=link.link)
            self._count("venue_losses", link.losses, venue=name, link=link.link)
        self._count("venue_read_failures", self._refresher.failures(name), venue=name)
        for host, budget in venue.budgets.items():
            self._metrics.set("arbedge_venue_weight_used", budget.used, venue=name, scope=host)
        offset_ms = self._market.clocks.offset_ms(name)
        if offset_ms is not None:
            self._metrics.set("arbedge_clock_offset_seconds", offset_ms / 1000, venue=name)

    def _observe_pool(self, name: str, pool: PoolReading) -> None:
        self._metrics.set("arbedge_pool_in_use", pool.in_use, pool=name)
        self._metrics.set("arbedge_pool_max", pool.limit, pool=name)
        self._count("pool_opened", pool.opened, pool=name)
        self._count("pool_reused", pool.reused, pool=name)
        self._count("pool_waits", pool.waits, pool=name)

    def _observe_detection(self) -> None:
        metrics, detector = self._metrics, self._detector
        for state in self._refresher.states():
            metrics.set("arbedge_quotes", state.quotes, venue=state.name)
        self._count("candidates_appraised", detector.counts.appraised)
        self._count("candidates_deferred", detector.counts.deferred)
        rejected = detector.rejected()
        for gate in Gate:
            metrics.set("arbedge_candidates_rejected", rejected.get(gate, 0), gate=gate.value)
        kinds = [each.kind for each in detector.open_opportunities()]
        for kind in OpportunityKind:
            metrics.set("arbedge_opportunities_open", kinds.count(kind), kind=kind.value)

    def _count(self, name: str, total: float, **labels: str) -> None:
        """Bring a counter up to a total somebody else keeps; a total that fell began anew."""
        key = (name, *labels.values())
        before = self._last.get(key, 0)
        self._last[key] = total
        self._metrics.inc(f"arbedge_{name}_total", total - before if total >= before else total, **labels)

    def _write(self, file: Path) -> None:
        part = file.with_suffix(".part")
        part.write_bytes(self._metrics.exposition())
        part.replace(file)
